"""An SVG that is opened by itself is a page: its policy lets it look as it should, and run nothing."""

from __future__ import annotations

import requests

from formats.palette import PALETTE
from tests.browser.conftest import OpenPage, evaluate
from tests.fakes import wait_until, wav
from tests.web.conftest import LiveServer


def job_at(server: LiveServer) -> str:
    """The address of a job that is done."""
    sent = requests.post(f"{server.url}/jobs", files={"audio": ("a.wav", wav(2.0))}, timeout=30)
    url = f"{server.url}/jobs/{sent.json()['id']}"
    wait_until(lambda: requests.get(url, timeout=30).json()["state"] == "done")
    return url


def test_it_has_its_colours_and_nothing_to_complain_of(
    live: LiveServer, open_page: OpenPage, console: list[str]
) -> None:
    page = open_page(f"{job_at(live)}/plot.svg?kind=all&width=600")
    fills = "[...document.querySelectorAll('path, use')].map(drawn => getComputedStyle(drawn).fill)"
    red, green, blue = (int(PALETTE[0].on_light[place : place + 2], 16) for place in (1, 3, 5))
    assert f"rgb({red}, {green}, {blue})" in evaluate(page, fills)
    assert evaluate(page, "[...document.querySelectorAll('image')].length") == 4  # two spectra and their scales
    assert console == []


def test_as_an_image_of_a_page(live: LiveServer, open_page: OpenPage, console: list[str]) -> None:
    url = job_at(live)
    page = open_page(f"{live.url}/")
    shown = """new Promise((done, failed) => {{
        const image = document.body.appendChild(new Image())
        image.onload = () => done(image.naturalWidth)
        image.onerror = () => done('refused')
        image.src = '{url}'
    }})"""
    assert evaluate(page, shown.format(url=f"{url}/plot.png?kind=waveform&width=400")) == 400
    assert evaluate(page, shown.format(url=f"{url}/plot.svg?kind=waveform&width=400")) > 0
    assert console == []
