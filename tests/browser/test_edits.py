"""Whose words are whose, put right on the page; and what other people do meanwhile."""

from __future__ import annotations

import numpy as np
import pytest
import requests

from formats.statistics import statistics
from pipeline.types import Audio
from tests.browser.conftest import OpenPage, evaluate
from tests.browser.talking import talk
from tests.browser.visiting import LONG, job_done, names, result, segment
from tests.web.conftest import LiveServer

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
SELECT = """{
    const words = document.querySelectorAll('.segment')[%d].querySelectorAll('.word')
    getSelection().setBaseAndExtent(words[%d].firstChild, 0, words[%d].firstChild, 2)
}"""


def test_a_segment_goes_to_another_speaker_and_back(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}")
    segment(page, 0).locator(".speaker").click()
    page.get_by_role("dialog").get_by_role("button", name="SPEAKER_02").click()
    expect(segment(page, 0).locator(".speaker")).to_have_text("SPEAKER_02")
    assert result(talking.url, job)["conversation"][0]["speaker"] == "SPEAKER_02"
    page.locator("notice-list").get_by_role("button", name="Undo").click()
    expect(segment(page, 0).locator(".speaker")).to_have_text("SPEAKER_00")
    expect(page.get_by_role("button", name="Undo the last change")).to_be_disabled()


def test_selected_words_go_to_somebody_new(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}")
    expect(segment(page, 1).locator(".word").first).to_be_visible()
    evaluate(page, SELECT % (1, 2, 4))
    page.get_by_role("button", name="Who says this?").click()
    expect(page.locator("dialog blockquote")).to_have_text("that we had")
    page.get_by_role("button", name="Somebody new").click()
    expect(segment(page, 2)).to_contain_text("that we had")
    expect(segment(page, 2).locator(".speaker")).to_have_text("SPEAKER_03")
    assert [each["text"] for each in result(talking.url, job)["conversation"][1:4]] == [
        "I thought",
        "that we had",
        "settled on that last week already.",
    ]


def test_two_speakers_become_one(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    page.get_by_role("button", name="SPEAKER_02 is somebody else here").click()
    page.get_by_role("dialog").get_by_role("button", name="SPEAKER_00").click()
    expect(page.locator(".lane-names li")).to_have_text(["SPEAKER_00", "SPEAKER_01"])


def test_figures_tell_who_talks_and_cuts_in(talking: LiveServer, open_page: OpenPage) -> None:
    """Of 8 sentences in 30 s the second, fourth, sixth and eighth outlast their pause by 0.25 s."""
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}")
    expect(page.locator(".speakers li")).to_have_count(3)
    turns = result(talking.url, job)["turns"]
    spoken = {name: sum(t["end_time"] - t["start_time"] for t in turns if t["speaker"] == name) for name in names(page)}
    for name, row in zip(names(page), page.locator(".speakers li").all(), strict=True):
        expect(row).to_contain_text(f"{round(spoken[name])} s · {round(100 * spoken[name] / sum(spoken.values()))} %")
    expect(page.locator(".speakers li").nth(1)).to_contain_text("is cut in on")
    expect(page.locator(".speakers li").nth(2)).to_contain_text("cuts in")


def test_figures_are_those_of_the_exports(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    expect(page.locator(".speakers li")).to_have_count(3)
    made = talk(Audio(np.zeros(round(LONG * 16_000), np.float32), "talk"), None)
    figures = page.evaluate("document.querySelector('talk-desk').talk.figures")
    for shown, own in zip(figures, statistics(made).speakers, strict=True):
        assert (shown["speaker"], shown["turns"], shown["words"]) == (own.name, own.turns, own.words)
        assert (shown["interrupts"], shown["interrupted"]) == (own.interruptions, own.interrupted)
        assert shown["doubts"] == own.low_confidence
        assert (shown["seconds"], shown["share"]) == pytest.approx((own.talk_time, own.share), abs=1e-3)


def test_what_others_changed_meanwhile_is_shown_and_not_lost(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}")
    expect(page.locator(".speakers li")).to_have_count(3)
    change = {"edit": "rename", "speaker": "SPEAKER_01", "name": "Ben"}
    requests.patch(f"{talking.url}/jobs/{job}/speakers", json={"changes": [change]}, timeout=10).raise_for_status()
    page.get_by_role("button", name="Rename SPEAKER_00").click()
    page.get_by_label("Name of SPEAKER_00").fill("Anna")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this conversation meanwhile")
    expect(segment(page, 1).locator(".speaker")).to_have_text("Ben")
    assert names(page) == ["SPEAKER_00", "Ben", "SPEAKER_02"]


def test_a_name_that_is_taken_is_refused_in_the_servers_words(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    page.get_by_role("button", name="Rename SPEAKER_00").click()
    page.get_by_label("Name of SPEAKER_00").fill("SPEAKER_01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Another speaker has this name")
    expect(page.get_by_label("Name of SPEAKER_00")).to_be_focused()  # to be put right


def test_check_next_goes_from_doubt_to_doubt(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    check = page.get_by_role("button", name="Check next 2 doubtful words")
    check.click()
    expect(page.locator(".word.doubt.now")).to_have_text("we")
    expect(page.locator(".word.doubt.now")).to_have_attribute("title", "30 % sure that this was said")
    expect(page.locator("step-note").get_by_role("status").first).to_have_text("“we”: 30 % sure that this was said")
    first = page.locator("player-bar .time").first.inner_text()
    check.click()
    expect(page.locator("player-bar .time").first).not_to_have_text(first)
    check.click()
    expect(page.locator("player-bar .time").first).to_have_text(first)
    page.get_by_role("button", name="Next segment").click()
    expect(page.locator("step-note")).to_contain_text("SPEAKER_02, 0:07: Not quite, the office")
    expect(page.locator("step-note")).not_to_contain_text("sure that")
