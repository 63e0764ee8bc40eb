"""What the page says when something goes wrong, and that it goes on by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from tests.browser.conftest import HeldServer, OpenPage
from tests.browser.visiting import job_done, send_file
from tests.fakes import wav
from tests.web.conftest import LiveServer, StartServer

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Route

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
FACTORY = "tests.browser.talking:load"


def test_a_server_that_is_gone_is_waited_for(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(FACTORY).wait_ready()
    page = open_page(f"{server.url}/")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    server.stop()
    page.evaluate("document.querySelector('job-list').look()")
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    page.set_input_files("#files", files=[_file("first.wav"), _file("second.wav")])
    expect(page.locator("upload-row", has_text="first.wav")).to_contain_text("waits, the server does not answer")

    _start_again(start_server, server)
    expect(page.get_by_text("The server does not answer. This page keeps trying")).to_be_hidden(timeout=30_000)
    for name in ("first.wav", "second.wav"):
        expect(page.locator("job-row[data-state=done]").get_by_role("link", name=name)).to_be_visible(timeout=30_000)


def test_a_file_that_never_arrives_is_given_up_at_last(talking: LiveServer, open_page: OpenPage) -> None:
    """As behind a proxy that cuts off what is too large: the server itself answers."""
    page = open_page(f"{talking.url}/")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.route("**/jobs", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    send_file(page, "huge.wav")
    expect(page.locator("upload-row.bad")).to_contain_text("The server does not answer.", timeout=30_000)
    page.unroute("**/jobs")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".segment").first).to_be_visible(timeout=30_000)
    assert len(posts) == 5


def test_a_list_that_comes_too_late_follows_nothing(held: HeldServer, open_page: OpenPage) -> None:
    """Browsers open few connections: one that nobody looks at would be missed elsewhere."""
    requests.post(f"{held.url}/jobs", files={"audio": ("a.wav", wav(2.0))}, timeout=30)
    held.executor.begun()
    page = open_page("about:blank")
    late: list[Route] = []
    page.route("**/jobs?state=done*", lambda route: late.append(route))
    with page.expect_request("**/jobs?state=done*"):
        page.goto(f"{held.url}/")
    page.evaluate(f"location.hash = '#job={'0' * 32}'")
    expect(page.get_by_text("This recording is not here any more")).to_be_visible()
    with page.expect_response("**/jobs?state=done*"):
        late.pop().continue_()
    expect(page.locator("job-list")).to_have_attribute("paused", "")
    assert page.evaluate("document.querySelector('job-list').followed ?? null") is None


def test_a_stream_that_breaks_goes_on_when_the_server_is_back(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server(FACTORY).wait_ready()
    (server.folder / "hold").touch()
    page = open_page(f"{server.url}/")
    send_file(page, "held.wav")
    expect(page.locator(".provisional li")).to_have_count(2)
    server.stop()
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    (server.folder / "hold").unlink()
    _start_again(start_server, server)
    expect(page.locator(".segment").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("The server does not answer.")).to_be_hidden()


def test_a_failed_job_says_why(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    send_file(page, "fault.wav")
    expect(page.locator(".message")).to_contain_text("There is no usable sound in the recording.")
    page.get_by_role("link", name="To all recordings").click()
    row = page.locator("job-row", has_text="fault.wav").first
    expect(row).to_contain_text("There is no usable sound in the recording.")


def test_a_file_that_is_refused_says_why(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    send_file(page, "letter.wav", b"This is no sound at all.")
    row = page.locator("upload-row.bad")
    expect(row.get_by_role("alert")).to_have_text(_refusal(talking.url))
    row.get_by_role("button", name="Close").click()
    expect(page.locator("upload-row")).to_have_count(0)


def test_a_job_that_is_gone_is_told(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job=0123456789abcdef0123456789abcdef")
    expect(page.get_by_role("heading", name="This recording is not here any more")).to_be_visible()


def test_a_fault_is_over_once_one_has_left(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job=0123456789abcdef0123456789abcdef")
    expect(page.get_by_role("heading", name="This recording is not here any more")).to_be_visible()
    page.get_by_role("link", name="To all recordings").click()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(lambda answer: "state=done" in answer.url):
        page.evaluate("window.dispatchEvent(new Event('reachable'))")
    assert [url for url in asked if "/jobs/" in url] == []


def test_an_erased_job_leaves_the_list(talking: LiveServer, open_page: OpenPage) -> None:
    job_done(talking.url, "doomed")
    page = open_page(f"{talking.url}/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase doomed.wav").first.click()
    expect(page.get_by_role("link", name="doomed.wav")).to_have_count(0)


def test_a_cancelled_job_says_so(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(f"{held.url}/")
    send_file(page)
    expect(page.get_by_role("status").filter(has_text=re.compile("Finding speech|Works"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()


def test_sound_that_is_gone_leaves_the_text(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url, audio=wav(8.0))
    page = open_page("about:blank")
    page.route("**/audio", lambda route: route.fulfill(status=404, body="{}"))
    page.route("**/peaks*", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{talking.url}/#job={job}")
    expect(page.locator(".segment").first).to_be_visible()
    expect(page.locator("player-bar")).to_contain_text("no sound")
    expect(page.locator(".lane-names li").first).to_be_visible()


def test_sound_that_cannot_be_had_for_a_while_comes_back(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}&t=5")
    page.get_by_label("Speed").select_option("2")
    play = page.get_by_role("button", name="Play", exact=True)
    play.focus()
    page.route("**/audio", lambda route: route.abort())
    page.evaluate("document.querySelector('talk-desk').player.audio.load()")
    expect(page.locator("player-bar .time").first).to_have_text("no sound")
    expect(play).to_have_attribute("aria-disabled", "true")
    expect(play).to_be_focused()
    why = "The sound cannot be had from the server now. It comes back by itself."
    expect(play).to_have_attribute("title", why)
    expect(page.locator("player-bar").get_by_role("status")).to_have_text(why)
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.unroute("**/audio")
    expect(play).to_have_attribute("aria-disabled", "false")
    expect(page.locator("player-bar").get_by_role("status")).to_have_text("")
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_label("Speed")).to_have_value("2")
    page.reload()
    expect(page.get_by_label("Speed")).to_have_value("2")


def test_sound_that_comes_back_is_where_it_was(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page("about:blank")
    page.route("**/audio", lambda route: route.abort())
    page.goto(f"{talking.url}/#job={job}&t=5")
    expect(page.locator("player-bar")).to_contain_text("no sound")
    page.unroute("**/audio")
    expect(page.locator("player-bar .time").first).to_have_text("0:05")


def test_files_wait_while_the_queue_is_full(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    error = {"code": "queue_full", "message": "The queue is full; try again later.", "field": None}
    refusals = [1, 2, 3]

    def refuse(route: Route) -> None:
        if route.request.method != "POST" or not refusals:
            return route.continue_()
        refusals.pop()
        return route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": error})

    page.route("**/jobs", refuse)
    page.set_input_files("#files", files=[_file("first.wav"), _file("second.wav")])
    expect(page.locator("upload-row", has_text="first.wav")).to_contain_text("waits, the queue is full")
    for name in ("first.wav", "second.wav"):
        expect(page.locator("job-row[data-state=done]").get_by_role("link", name=name)).to_be_visible()
    assert refusals == []
    expect(page.locator("upload-row")).to_have_count(0)


def test_a_file_that_waits_can_be_taken_back(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    error = {"code": "too_many_pending", "message": "Too many.", "field": None}
    page.route(
        "**/jobs", lambda route: route.fulfill(status=429, headers={"Retry-After": "600"}, json={"error": error})
    )
    send_file(page, "mine.wav")
    expect(page.locator("upload-row")).to_contain_text("waits, too many are in work")
    page.unroute("**/jobs")
    page.get_by_role("button", name="Do not send mine.wav").click()
    send_file(page, "other.wav")  # it does not wait for the first
    expect(page.locator(".segment").first).to_be_visible()


def test_nobody_leaves_by_mistake_what_is_recorded_or_sent(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(f"{held.url}/")
    asked = "(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })))()"
    assert not page.evaluate(asked)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("timer")).to_be_visible()
    assert page.evaluate(asked)
    page.get_by_role("button", name="Discard").click()
    assert not page.evaluate(asked)
    hung: list[Route] = []
    page.route("**/jobs", lambda route: hung.append(route))
    send_file(page, "mine.wav")
    expect(page.locator("upload-row")).to_be_visible()
    assert page.evaluate(asked)
    page.get_by_role("button", name="Do not send mine.wav").click()
    expect(page.locator("upload-row")).to_have_count(0)
    assert not page.evaluate(asked)


def test_a_second_press_of_record_is_no_second_recording(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(f"{held.url}/")
    streams = """(() => {
        const { mediaDevices } = navigator
        const own = mediaDevices.getUserMedia.bind(mediaDevices)
        window.streams = 0
        mediaDevices.getUserMedia = wanted => { window.streams += 1; return own(wanted) }
        const record = document.querySelector('mic-recorder button')
        record.click()
        record.click()
    })()"""
    page.evaluate(streams)
    expect(page.get_by_role("timer")).to_be_visible()
    assert page.evaluate("window.streams") == 1


def _file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "audio/wav", "buffer": wav(8.0)}


def _start_again(start_server: StartServer, server: LiveServer) -> None:
    """At the same address, with the same jobs."""
    (server.folder / "logs" / "diarization_api.log").unlink()  # it tells when the server listens
    start_server(FACTORY, flask_port=server.port).wait_ready()


def _refusal(url: str) -> str:
    files = {"audio": ("letter.wav", b"This is no sound at all.")}
    return requests.post(f"{url}/jobs", files=files, timeout=30).json()["error"]["message"]
