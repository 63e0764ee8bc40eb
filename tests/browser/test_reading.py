"""Where one is in a conversation: from there steps go on, and there the text stays while others change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.visiting import job_done, segment
from tests.fakes import wav
from tests.web.conftest import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
SECONDS = 71.0
MOMENT = "document.querySelector('talk-desk').player.moment"
Segment = dict[str, Any]


def said(speaker: str, start: float, end: float, words: int = 12) -> Segment:
    """The fifth of ten words is doubtful."""
    step = (end - start) / words
    spoken = [
        {"text": f"{speaker}{round(start + place * step, 3)}", "start_time": start + place * step,
         "end_time": start + (place + 0.9) * step, "speaker": speaker, "speaker_confidence": 0.9,
         "confidence": 0.3 if place % 10 == 4 else 0.9}
        for place in range(words)
    ]  # fmt: skip
    text = " ".join(str(word["text"]) for word in spoken)
    return {"speaker": speaker, "start_time": start, "end_time": end, "text": text, "words": spoken}


def conversation(segments: list[Segment]) -> dict[str, Any]:
    turns = [{key: one[key] for key in ("speaker", "start_time", "end_time")} for one in segments]
    found = {"speakers": sorted({one["speaker"] for one in segments}), "language": "en", "duration": SECONDS}
    return found | {"conversation": segments, "turns": turns, "warnings": [], "models": {}, "timings": {}}


def opened(page: Page, url: str, segments: list[Segment]) -> None:
    """The page with that conversation, whatever the service made of the recording."""
    answer = conversation(segments)
    page.route("**/result?format=json*", lambda route: route.fulfill(headers={"ETag": '"0"'}, json=answer))
    page.goto(f"{url}/#job={job_done(url, audio=wav(SECONDS))}")
    expect(segment(page, 0)).to_be_visible()


def test_steps_go_on_from_what_is_heard(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    nested = [said("A", 5, 60, 55), said("B", 10, 11, 2), said("C", 25, 26, 2), said("D", 61, 70, 9)]
    opened(page, talking.url, nested)
    page.keyboard.press("n")
    assert page.evaluate(MOMENT) == 5  # not the second one, while the first is still to come
    page.evaluate("document.querySelector('talk-desk').player.seek(25.2)")
    expect(page.locator(".segment.current .speaker")).to_have_text("C")
    page.keyboard.press("n")
    assert page.evaluate(MOMENT) == 61
    page.keyboard.press("p")
    assert page.evaluate(MOMENT) == 25
    page.evaluate("document.querySelector('talk-transcript').goToSegment(0)")
    page.evaluate("document.querySelector('talk-desk').player.seek(56)")
    expect(page.locator("player-bar .time").first).to_have_text("0:56")
    page.keyboard.press("c")
    assert page.evaluate(MOMENT) > 56


@pytest.mark.parametrize("part", ["above", "all"])
def test_what_is_read_stays_where_it_is_while_others_are_told_apart_anew(
    talking: LiveServer, open_page: OpenPage, part: str
) -> None:
    """Of 600 segments the first 100 become 200, or every one says something else."""
    before = [said("AB"[place % 2], place * 0.1, place * 0.1 + 0.09) for place in range(600)]
    halves = [half for one in before[:100] for half in halved(one)]
    anew = [said("ABC"[place % 3], place * 0.1, place * 0.1 + 0.09) for place in range(600)]
    page = open_page("about:blank")
    opened(page, talking.url, before)
    after = conversation(halves + before[100:] if part == "above" else anew)
    page.route("**/recluster*", lambda route: route.fulfill(headers={"ETag": '"1"'}, json=after))
    page.evaluate("document.querySelector('talk-transcript').goToSegment(300)")
    expect(segment(page, 300)).to_be_in_viewport()
    top = "[...document.querySelectorAll('.segment')].find(one => one.row.segment.start_time === 30)"
    settled = page.evaluate(f"{top}.getBoundingClientRect().top")
    page.evaluate("document.querySelector('talk-desk').edits.recluster(3)")
    expect(page.locator(".segment")).to_have_count(len(after["conversation"]))
    expect(page.locator(".speakers .text")).to_have_count(3)
    page.wait_for_timeout(500)  # what the browser puts right once it has seen it
    assert page.evaluate(f"{top}.getBoundingClientRect().top") == pytest.approx(settled, abs=5)


def halved(one: Segment) -> list[Segment]:
    middle = (one["start_time"] + one["end_time"]) / 2
    return [said(one["speaker"], one["start_time"], middle, 6), said("C", middle, one["end_time"], 6)]
