"""The report in a real browser, opened from disk, as its reader does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from formats.report import render
from pipeline.types import Conversation, Segment, Word
from settings import ROOT
from tests.formats.hour import an_hour

RECORDING = ROOT / "samples" / "planning_meeting.flac"
CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A test fails, too, when the browser complains, or when anything is asked of a network."""
    context = chromium.new_context(offline=True)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend([request.url] if request.url.startswith("http") else []))
    yield page
    context.close()
    assert complaints == []


def opened(page: Page, folder: Path, said: Conversation, name: str = "talk") -> Page:
    path = folder / "report.html"
    path.write_text(render(said, name=name), encoding="utf-8")
    page.goto(path.as_uri())
    return page


def short() -> Conversation:
    words = (Word("Good", 2.0, 2.4, 0.9), Word("morning.", 2.4, 3.0, 0.3))
    segments = (Segment("Anna", 2.0, 3.0, "Good morning.", words), Segment("Ben", 10.0, 12.0, "Hello Anna."))
    return Conversation(segments=segments, speakers=("Anna", "Ben"), duration=71.0, language="en")


def test_an_hour_is_small_and_opens_at_once(page: Page, tmp_path: Path) -> None:
    said = an_hour()
    assert sum(len(segment.words) for segment in said.segments) >= 10_000
    opened(page, tmp_path, said)
    expect(page.locator("article")).to_have_count(len(said.segments))
    megabytes = (tmp_path / "report.html").stat().st_size / 1e6
    seconds = page.evaluate("performance.getEntriesByType('navigation')[0].duration") / 1000
    print(f"report of 1 h: {megabytes:.2f} MB, open after {seconds:.2f} s")
    assert megabytes < 5
    assert seconds < 2  # a tenth of that where nothing else runs


def test_a_word_is_heard_and_lit_up_once_the_recording_is_chosen(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, short())
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


def test_what_is_no_recording_is_said(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, short())
    (tmp_path / "notes.mp3").write_text("no sound")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.mp3")
    expect(page.get_by_role("status")).to_have_text("This browser cannot play that file.")


def test_a_lane_plays_from_where_it_is_pressed(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, short())
    page.locator("input[type=file]").set_input_files(RECORDING)
    lane = page.locator(".lane svg").first
    lane.click(position={"x": lane.bounding_box()["width"] / 2, "y": 5})
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(35.5, abs=2)


def test_nothing_that_was_said_runs(page: Page, tmp_path: Path) -> None:
    hostile = '<script>document.title = "x"</script><img src="http://example.com/x" onerror="document.title = 1">'
    opened(page, tmp_path, Conversation(segments=(Segment(hostile, 0.0, 1.0, hostile),)), name=hostile)
    assert page.title() == hostile
    expect(page.locator("article p")).to_have_text(hostile)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1200])
def test_it_fits_a_phone_in_both_schemes(page: Page, tmp_path: Path, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 700})
    opened(page, tmp_path, short(), name="A_very_long_name_of_a_recording_without_any_space_" * 3)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(28, 31, 38)"}[scheme]
