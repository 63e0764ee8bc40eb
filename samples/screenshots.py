"""``python -m samples.screenshots``: the pictures of the page in docs/pictures, of the sample, by the embedded profile.

Needs what requirements-dev.txt has, and a Chromium.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
from playwright.sync_api import Browser, Page, expect, sync_playwright

from client import Client
from settings import ROOT

PICTURES = ROOT / "docs" / "pictures"
SAMPLE = ROOT / "samples" / "planning_meeting.flac"
PEOPLE = ("Anna", "Ben", "Carla")
LOADED = 300_000  # ms until the models are there
DONE = 180_000  # ms until the sample is
WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with _server() as url, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        job = _done(browser, url)
        _in_work(browser, url)
        _named(url, job)
        for scheme in ("light", "dark"):
            _conversation(browser, f"{url}/#job={job}&t=14.6", scheme)
        _people(browser, f"{url}/#job={job}&t=28.4")
        _phone(browser, url, job)
        browser.close()
    for picture in sorted(PICTURES.glob("page-*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        own = {"FLASK_HOST": "127.0.0.1", "FLASK_PORT": str(port), "MODEL_CONFIG": "offline"}
        own |= {name: str(Path(folder, name)) for name in ("DATA_DIR", "LOG_DIR", "TEMP_AUDIO_DIR")}
        server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=os.environ | own)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _open(browser: Browser, url: str, **options: Any) -> Page:
    context = browser.new_context(**{"viewport": WIDE, "color_scheme": "light", "reduced_motion": "reduce"} | options)
    page = context.new_page()
    page.goto(url)
    return page


def _take(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURES / f"page-{name}.png")
    page.context.close()


def _done(browser: Browser, url: str) -> str:
    """The job of the sample."""
    _wait_for(url)
    page = _open(browser, url)
    expect(page.locator("service-status")).to_be_hidden(timeout=LOADED)
    page.set_input_files("#files", SAMPLE)
    expect(page.locator(".segment").first).to_be_visible(timeout=DONE)
    job = page.url.partition("job=")[2]
    page.context.close()
    return job


def _wait_for(url: str) -> None:
    httpx.Client(transport=httpx.HTTPTransport(retries=10)).get(f"{url}/healthz", timeout=60)


def _in_work(browser: Browser, url: str) -> None:
    """The sample several times over, so that its work lasts; and the start meanwhile."""
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    sound = io.BytesIO()
    soundfile.write(sound, np.tile(samples, 6), rate, format="FLAC")
    page = _open(browser, url)
    page.set_input_files("#files", [{"name": "all_week.flac", "mimeType": "audio/flac", "buffer": sound.getvalue()}])
    expect(page.locator(".steps [aria-current]")).to_have_text("Writing words down", timeout=DONE)
    page.screenshot(path=PICTURES / "page-progress.png")
    page.get_by_role("link", name="All recordings").click()
    expect(page.locator("job-row progress").first).to_be_visible(timeout=DONE)
    _take(page, "start")


def _named(url: str, job: str) -> None:
    with Client(url) as service:
        for speaker, name in zip(service.result(job).speakers, PEOPLE, strict=True):
            service.rename(job, speaker, name)


def _ready(page: Page) -> None:
    expect(page.locator(".word.now")).to_be_visible(timeout=DONE)
    expect(page.locator(".wave > *").first).to_be_visible()
    page.wait_for_timeout(500)  # the waveform is drawn a frame or two later


def _conversation(browser: Browser, url: str, scheme: Any) -> None:
    page = _open(browser, url, color_scheme=scheme)
    _ready(page)
    page.evaluate("scrollTo(0, 0)")
    _take(page, scheme)


def _people(browser: Browser, url: str) -> None:
    page = _open(browser, url)
    _ready(page)
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_be_visible()
    _take(page, "who")


def _phone(browser: Browser, url: str, job: str) -> None:
    options = {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
    page = _open(browser, f"{url}/#job={job}&t=14.6", **options)
    _ready(page)
    page.evaluate("scrollTo(0, 0)")
    _take(page, "phone")
    page = _open(browser, f"{url}/#job={job}&t=28.4", **options)
    _ready(page)
    _take(page, "phone-text")


if __name__ == "__main__":
    main()
