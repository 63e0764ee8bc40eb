"""What people do on the page, as steps of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from tests.fakes import wait_until, wav

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LONG = 30.0  # s of talk: twice as many words as a screen shows


def send_file(page: Page, name: str = "talk.wav", audio: bytes | None = None) -> None:
    file = {"name": name, "mimeType": "audio/wav", "buffer": wav(LONG) if audio is None else audio}
    page.set_input_files("#files", files=[file])  # type: ignore[arg-type]


def job_done(url: str, name: str = "talk", audio: bytes | None = None, **options: str) -> str:
    """The id of a job that is done, sent by another client under a title of its own."""
    files = {"audio": (f"{name}.wav", audio or wav(LONG))}
    form = options | {"metadata": f'{{"title": "{name}.wav"}}'}
    job = requests.post(f"{url}/jobs", files=files, data=form, timeout=60).json()
    wait_until(lambda: requests.get(f"{url}/jobs/{job['id']}", timeout=10).json()["state"] == "done", 120)
    return job["id"]


def result(url: str, job: str) -> dict:
    return requests.get(f"{url}/jobs/{job}/result?words=true", timeout=30).json()


def segment(page: Page, index: int) -> Locator:
    return page.locator(".segment").nth(index)


def names(page: Page) -> list[str]:
    """Of the speakers, as the panel has them."""
    return page.locator(".speakers .text").all_inner_texts()


def no_sideways(page: Page) -> bool:
    """Nothing is wider than the screen."""
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return wide <= screen
