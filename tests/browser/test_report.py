"""The report in a real browser, opened from disk, as its reader does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formats.report import render
from pipeline.types import Conversation, Segment, Word
from settings import ROOT
from tests.browser.conftest import Axe, OpenPage
from tests.formats.hour import an_hour

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
RECORDING = ROOT / "samples" / "planning_meeting.flac"

Opened = Callable[..., "Page"]


@pytest.fixture
def opened(open_page: OpenPage, console: list[str], tmp_path: Path) -> Iterator[Opened]:
    """opened(conversation, name, **options of the context): its report, from disk, without a network. A test fails,
    too, when the browser complains."""

    def opened(said: Conversation, name: str = "talk", **options: object) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render(said, name=name), encoding="utf-8")
        return open_page(path.as_uri(), offline=True, permissions=[], **options)

    yield opened
    assert console == []


def short() -> Conversation:
    words = (Word("Good", 2.0, 2.4, 0.9), Word("morning.", 2.4, 3.0, 0.3))
    segments = (Segment("Anna", 2.0, 3.0, "Good morning.", words), Segment("Ben", 10.0, 12.0, "Hello Anna."))
    return Conversation(segments=segments, speakers=("Anna", "Ben"), duration=71.0, language="en")


def test_an_hour_is_small_and_opens_at_once(opened: Opened, tmp_path: Path) -> None:
    said = an_hour()
    assert sum(len(segment.words) for segment in said.segments) >= 10_000
    page = opened(said)
    expect(page.locator("article")).to_have_count(len(said.segments))
    megabytes = (tmp_path / "report.html").stat().st_size / 1e6
    seconds = page.evaluate("performance.getEntriesByType('navigation')[0].duration") / 1000
    print(f"report of 1 h: {megabytes:.2f} MB, open after {seconds:.2f} s")
    assert megabytes < 5
    assert seconds < 2  # a tenth of that where nothing else runs


def test_a_word_is_heard_and_lit_up_once_the_recording_is_chosen(opened: Opened) -> None:
    page = opened(short())
    page.get_by_text("morning.").click()
    expect(page.get_by_role("status")).to_have_text("Choose the recording first, to hear this.")
    page.locator("input[type=file]").set_input_files(RECORDING)
    expect(page.get_by_role("status")).to_have_text("")
    page.get_by_text("Hello").click()
    expect(page.locator(".spoken")).to_have_text("Hello")
    page.keyboard.press("p")
    expect(page.locator(".spoken")).to_have_text("Good")
    page.keyboard.press("n")
    expect(page.locator(".spoken")).to_have_text("Hello")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('audio').paused")
    page.keyboard.press("ArrowLeft")  # looks elsewhere, and lets the reader read
    assert page.evaluate("document.querySelector('audio').paused")
    assert page.evaluate("document.querySelector('audio').currentTime") < 8
    page.keyboard.press("p")
    expect(page.locator(".spoken")).to_have_text("Good")
    assert page.evaluate("document.querySelector('audio').paused")


def test_what_is_no_recording_is_said(opened: Opened, tmp_path: Path) -> None:
    page = opened(short())
    (tmp_path / "notes.mp3").write_text("no sound")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.mp3")
    expect(page.get_by_role("status")).to_have_text("This browser cannot play that file.")


def test_a_lane_plays_from_where_it_is_pressed(opened: Opened) -> None:
    page = opened(short())
    page.locator("input[type=file]").set_input_files(RECORDING)
    lane = page.locator(".lane svg").first
    lane.click(position={"x": lane.bounding_box()["width"] / 2, "y": 5})
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(35.5, abs=2)


def test_nothing_that_was_said_runs(opened: Opened) -> None:
    hostile = '<script>document.title = "x"</script><img src="http://example.com/x" onerror="document.title = 1">'
    page = opened(Conversation(segments=(Segment(hostile, 0.0, 1.0, hostile),)), name=hostile)
    assert page.title() == hostile
    expect(page.locator("article p")).to_have_text(hostile)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(opened: Opened, axe: Axe, scheme: str) -> None:
    page = opened(short(), color_scheme=scheme)
    page.locator("input[type=file]").set_input_files(RECORDING)
    page.get_by_text("What the figures mean").click()
    assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1200])
def test_it_fits_a_phone_in_both_schemes(opened: Opened, scheme: str, width: int) -> None:
    name = "A_very_long_name_of_a_recording_without_any_space_" * 3
    page = opened(short(), name, color_scheme=scheme, viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(28, 31, 38)"}[scheme]
