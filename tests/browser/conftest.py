"""The page in a real Chromium, over real servers.

Trap: ``page.wait_for_function`` needs eval, which the page's policy refuses; wait with ``expect(locator)``.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from settings import ROOT
from tests.fakes import fake_settings
from tests.held import HeldExecutor
from tests.web.conftest import LiveServer, served, start_server
from web.context import service_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["start_server"]  # a fixture of theirs

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",
)
PATIENCE = 30_000  # ms: as busy as a machine may be
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

OpenPage = Callable[..., "Page"]
Axe = Callable[["Page"], list[str]]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for the whole run: playwright's loop would stand in the way of tests that have loops of their own."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (make test installs it)"
    )
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium in PATH (Debian: apt-get install chromium)")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def console() -> list[str]:
    """What the pages of ``open_page`` complained of so far: errors and warnings of the console, what a policy refused,
    exceptions that nobody caught."""
    return []


@pytest.fixture
def open_page(chromium: Browser, console: list[str]) -> Iterator[OpenPage]:
    """open_page(url, **options of the context): a page in a browser of its own, which knows nobody and allows the
    microphone. As viewport={"width": 360, "height": 740}, color_scheme="dark"."""
    opened = []

    def open_page(url: str, **options: Any) -> Page:
        context = chromium.new_context(**{"permissions": ["microphone"]} | options)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: console.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """axe(page): what axe-core has against it, each with the elements, empty if nothing."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: it comes with npm (make test installs it where there is npm)")
    source = AXE.read_text(encoding="utf-8")

    def violations(page: Page) -> list[str]:
        page.emulate_media(reduced_motion="reduce")  # colours half-way between two have no contrast to speak of
        evaluate(page, source)
        found = evaluate(page, "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
        return [f"{each['id']}: {each['help']}: {[node['html'] for node in each['nodes']]}" for each in found]

    return violations


def evaluate(page: Page, expression: str) -> Any:
    """The value of JavaScript, a promise's too; by the debugger's door, which the page's policy does not close."""
    session = page.context.new_cdp_session(page)
    try:
        given = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = session.send("Runtime.evaluate", given)
    finally:
        session.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")


@dataclass(frozen=True)
class HeldServer:
    """A server whose jobs do what the test says: ``executor.begun()``, ``.reports``, ``.end()``."""

    url: str
    executor: HeldExecutor
    app: Flask


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None: ...


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldServer]:
    executor = HeldExecutor()
    app = create_app(fake_settings(tmp_path), executor)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    server.daemon_threads = True  # a stream of events may be open at the end
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield HeldServer(f"http://127.0.0.1:{server.port}", executor, app)
    service_of(app).close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server whose recordings are talked in: tests/browser/talking.py."""
    folder = tmp_path_factory.mktemp("talking")
    yield from served(LiveServer(folder, "tests.browser.talking:load"))
