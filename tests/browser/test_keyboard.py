"""Everything without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.visiting import job_done, segment, send_file
from tests.web.conftest import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
MOST_STEPS = 80  # until a whole page has been gone through
FOCUS = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"


def _tab_to(page: Page, name: str) -> None:
    """By the Tab key alone; fails if that never comes to what is called so."""
    reached = []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUS))
        if reached[-1].startswith(name):
            return
    raise AssertionError(f"{name} is not among {reached}")


@pytest.fixture
def page(talking: LiveServer, open_page: OpenPage) -> Page:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    expect(segment(page, 0).locator(".word").first).to_be_visible()
    return page


def test_from_the_list_to_a_new_name_and_a_download(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    send_file(page, "keys.wav")  # the browser's own dialog is its own matter
    expect(page.locator(".segment").first).to_be_visible()
    page.goto(f"{talking.url}/#")
    expect(page.locator("job-row").first).to_be_visible()
    _tab_to(page, "keys.wav")
    page.keyboard.press("Enter")
    expect(page.locator(".segment").first).to_be_visible()
    _tab_to(page, "Download")
    page.keyboard.press("Enter")
    expect(page.locator("download-menu a").first).to_be_visible()
    _tab_to(page, "TXT")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "keys.txt"
    page.keyboard.press("Escape")
    expect(page.locator("download-menu a").first).to_be_hidden()
    _tab_to(page, "Rename SPEAKER_01")
    page.keyboard.press("Enter")
    page.keyboard.type("Ben")
    page.keyboard.press("Enter")
    expect(segment(page, 1).locator(".speaker")).to_have_text("Ben")
    _tab_to(page, "Ben is somebody else here")  # the focus stayed where it was
    _tab_to(page, "Play")


def test_the_focus_goes_with_the_view(page: Page) -> None:
    heading = page.get_by_role("heading", level=1)
    expect(heading).not_to_be_focused()  # where the page has just been opened
    page.get_by_role("link", name="All recordings").press("Enter")
    expect(page.get_by_role("heading", name="Who said what, when")).to_be_focused()
    page.locator("job-row a").first.press("Enter")
    expect(segment(page, 0)).to_be_visible()
    expect(page.locator("talk-view h1")).to_be_focused()


def test_single_keys(page: Page) -> None:
    here = page.locator("player-bar .time").first
    page.keyboard.press("n")
    expect(segment(page, 1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("p")
    expect(segment(page, 0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(here).to_have_text("0:10")
    page.keyboard.press("ArrowLeft")
    expect(here).to_have_text("0:05")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("Shift+>")
    expect(page.get_by_label("Speed")).to_have_value("1.25")
    page.keyboard.press("c")
    expect(page.locator(".word.doubt.now")).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".word.now")).to_have_text("had")


def test_steps_do_not_stick_where_two_speak_at_once(talking: LiveServer, open_page: OpenPage) -> None:
    """The first two segments begin together, as the seventh and the eighth do."""
    page = open_page(f"{talking.url}/#job={job_done(talking.url, 'together')}")
    expect(segment(page, 0).locator(".word").first).to_be_visible()
    for key, place in (("n", 1), ("n", 2), ("p", 1), ("p", 0), ("n", 1), ("p", 0)):
        page.keyboard.press(key)
        expect(segment(page, place)).to_have_attribute("aria-current", "true")
    for text in ("us", "look", "at"):
        page.keyboard.press("Shift+ArrowRight")
        expect(segment(page, 0).locator(".word.now")).to_have_text(text)
    for place in (1, 6, 11, 1):
        page.keyboard.press("c")
        expect(segment(page, place).locator(".word.doubt.now")).to_have_text("we")


def test_what_is_chosen_stays_so_through_an_edit(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url, 'together')}")
    expect(segment(page, 0)).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.press("p")
    page.keyboard.press("3")
    expect(segment(page, 0).locator(".speaker")).to_have_text("SPEAKER_02")
    expect(segment(page, 0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("z")
    expect(segment(page, 0).locator(".speaker")).to_have_text("SPEAKER_00")


def test_words_go_to_somebody_else_and_back(page: Page) -> None:
    page.keyboard.press("n")
    page.keyboard.press("3")
    expect(segment(page, 1).locator(".speaker")).to_have_text("SPEAKER_02")
    page.keyboard.press("z")
    expect(segment(page, 1).locator(".speaker")).to_have_text("SPEAKER_01")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("m")
    page.keyboard.press("Shift+Tab")  # from the people to how much of it
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    expect(segment(page, 1)).to_contain_text("I thought that")
    expect(segment(page, 2).locator(".speaker")).to_have_text("SPEAKER_00")
    expect(segment(page, 2)).to_contain_text("we had settled")


def test_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("RESUME")  # capitals and accents do not matter
    expect(page.locator(".word.current-hit")).to_have_text("résumé")
    page.keyboard.press("Escape")
    expect(page.locator(".word.hit")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("the ")
    expect(page.locator("talk-search .count")).to_contain_text("1 of ")
    page.keyboard.press("Enter")
    expect(page.locator("talk-search .count")).to_contain_text("2 of ")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("talk-search .count")).to_contain_text("1 of ")
    page.keyboard.type("nothing of this")
    expect(page.locator("talk-search .count")).to_have_text("not found")


def test_an_edit_leaves_a_search_where_it_is(page: Page) -> None:
    """The words of segment 1 become a segment of their own, so that all behind it have other places."""
    page.keyboard.press("/")
    page.keyboard.type("the")
    count = page.locator("talk-search .count")
    expect(count).to_contain_text("1 of ")
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(count).to_contain_text("4 of ")
    hit = page.locator(".word.current-hit")
    before, hits = hit.inner_text(), page.locator(".word.hit").all_inner_texts()
    top = "document.querySelector('.word.current-hit').getBoundingClientRect().top"
    page.evaluate("document.querySelector('talk-desk').edits.give(1, null, [0, 1])")
    expect(page.locator(".speakers li")).to_have_count(4)
    expect(hit).to_have_text(before)
    expect(count).to_contain_text("4 of ")
    assert page.locator(".word.hit").all_inner_texts() == hits
    assert 0 < page.evaluate(top) < page.evaluate("innerHeight")


def test_letters_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("Shift+?")
    page.get_by_label("Letters and digits are shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    expect(page.locator("player-bar .time").first).to_have_text("0:05")
    page.keyboard.press("Shift+?")
    expect(page.get_by_label("Letters and digits are shortcuts")).not_to_be_checked()


def test_the_focus_is_seen(page: Page) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert (width >= 2, style) == (True, "solid"), page.evaluate(FOCUS)
