"""Every state for everybody: axe-core has nothing against it, light or dark, and no telephone is too narrow for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keys.key import Scope
from keys.store import open_keys
from tests.browser.conftest import Axe, HeldServer, OpenPage, evaluate
from tests.browser.visiting import job_done, no_sideways, segment, send_file
from tests.fakes import wav
from tests.web.conftest import LiveServer, StartServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")


class Checks:
    """What is wrong in the states that were looked at."""

    def __init__(self, page: Page, axe: Axe) -> None:
        self.page, self.axe, self.wrong = page, axe, list[str]()

    def __call__(self, state: str) -> None:
        self.wrong += [f"{state}: {violation}" for violation in self.axe(self.page)]
        if not no_sideways(self.page):
            self.wrong.append(f"{state}: wider than the screen")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_conversation_and_its_dialogs(
    talking: LiveServer, open_page: OpenPage, axe: Axe, scheme: str, size: str
) -> None:
    job = job_done(talking.url, f"a_long_name_without_any_place_to_break_{'x' * 60}")
    page = open_page(f"{talking.url}/#job={job}", color_scheme=scheme, viewport=SIZES[size])
    check = Checks(page, axe)
    expect(segment(page, 0).locator(".word").first).to_be_visible()
    check("conversation")
    page.locator("download-menu summary").click()
    expect(page.get_by_role("link", name="SRT")).to_be_visible()
    check("downloads")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Check next").click()
    page.get_by_label("Search what was said").fill("the")
    check("search and doubt")
    page.locator("talk-view h1").click()
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_be_visible()
    check("who says this")
    page.get_by_role("dialog").get_by_role("button", name="Somebody new").click()
    expect(page.locator("notice-list")).to_contain_text("Given to somebody new.")
    check("notice")
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check("help")
    page.keyboard.press("Escape")
    if size == "phone":
        page.locator("speaker-panel summary").click()
    page.get_by_role("button", name="Rename SPEAKER_01").click()
    check("rename")
    page.get_by_label("Name of SPEAKER_01").fill("SPEAKER_02")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Another speaker")).to_be_visible()
    check("refused")
    assert "\n".join(check.wrong) == ""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_start_and_a_job_in_work(held: HeldServer, open_page: OpenPage, axe: Axe, scheme: str, size: str) -> None:
    page = open_page(f"{held.url}/", color_scheme=scheme, viewport=SIZES[size])
    check = Checks(page, axe)
    check("empty")
    page.locator("options-form summary").click()
    page.get_by_label("People who speak").select_option("between")
    check("options")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("timer")).to_be_visible()
    check("microphone")
    page.get_by_role("button", name="Discard").click()
    send_file(page, "letter.wav", b"no sound")
    expect(page.locator("upload-row.bad")).to_be_visible()
    check("refused")
    send_file(page, "talk.wav", wav(2.0))
    expect(page.locator(".progress-card")).to_be_visible()
    check("in work")
    page.get_by_role("link", name="All recordings").click()
    expect(page.locator("job-row progress")).to_be_visible()
    check("list")
    held.executor.end(held.executor.begun(), RuntimeError("x"))
    expect(page.locator("job-row[data-state=failed]")).to_be_visible()
    page.get_by_role("link", name="talk.wav").click()
    expect(page.get_by_role("heading", name="This recording could not be done")).to_be_visible()
    check("failed")
    page.context.set_offline(True)
    page.goto(f"{held.url}/#")
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    check("away")
    page.context.set_offline(False)
    assert "\n".join(check.wrong) == ""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_seldom_is(talking: LiveServer, held: HeldServer, open_page: OpenPage, axe: Axe, scheme: str) -> None:
    page = open_page("about:blank", color_scheme=scheme, viewport=SIZES["phone"])
    check = Checks(page, axe)
    loading = {"status": "loading", "errors": [], "profile": "x", "profiles": ["x"]}
    page.route("**/status", lambda route: route.fulfill(status=503, json=loading))
    page.goto(f"{held.url}/")
    expect(page.get_by_text("The models are being loaded.")).to_be_visible()
    check("loading")
    page.unroute("**/status")
    send_file(page, "talk.wav", wav(2.0))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    check("cancelled")
    page.goto(f"{held.url}/#job={'0' * 32}")
    expect(page.get_by_role("heading", name="This recording is not here any more")).to_be_visible()
    check("gone")
    page.goto(f"{talking.url}/#job={job_done(talking.url, audio=wav(1.0))}")
    expect(page.get_by_text("Nothing was said here that could be understood.")).to_be_visible()
    check("no words")
    page.route("**/audio", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{talking.url}/#job={job_done(talking.url)}")
    expect(page.locator("player-bar")).to_contain_text("no sound")
    check("no sound")
    page.locator("speaker-panel summary").click()
    page.get_by_role("button", name="SPEAKER_02 is somebody else here").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check("merge")
    assert "\n".join(check.wrong) == ""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_keys(start_server: StartServer, open_page: OpenPage, axe: Axe, scheme: str) -> None:
    server = start_server().wait_ready()
    with open_keys(server.folder / "data") as keys:
        text, _ = keys.create("x", [Scope.READ])
    page = open_page(f"{server.url}/", color_scheme=scheme, viewport=SIZES["phone"])
    check = Checks(page, axe)
    expect(page.get_by_label("API key")).to_be_visible()
    check("asked for")
    page.get_by_label("API key").fill("dk_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This key is not good here.")).to_be_visible()
    check("refused")
    page.get_by_label("API key").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    check("signed in")
    page.get_by_role("button", name="Change the key or sign out").click()
    expect(page.get_by_role("dialog")).to_contain_text("It is called x.")
    check("changed")
    assert "\n".join(check.wrong) == ""


def test_the_theme_can_be_chosen_and_is_remembered(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(f"{held.url}/", color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Colours: As the system").click()
    page.get_by_role("button", name="Colours: Light").click()
    expect(page.get_by_role("button", name="Colours: Dark")).to_be_focused()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_nothing_moves_for_those_who_want_calm(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}", reduced_motion="reduce")
    expect(segment(page, 0)).to_be_visible()
    moving = "document.getAnimations().length"
    page.get_by_role("button", name="Next segment").click()
    assert page.evaluate(moving) == 0


def test_nothing_jumps_while_a_conversation_is_shown(talking: LiveServer, open_page: OpenPage) -> None:
    """Chromium's own measure of it; up to 0.1 counts as good."""
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}", viewport=SIZES["wide"])
    expect(segment(page, 0).locator(".word").first).to_be_visible()
    shifts = """new Promise(done => {
        let sum = 0
        new PerformanceObserver(list => list.getEntries().forEach(shift => { sum += shift.value }))
            .observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => done(sum), 500)
    })"""
    assert evaluate(page, shifts) < 0.02
