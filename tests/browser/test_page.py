"""The page opens, is accessible, and runs under its policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Axe, HeldServer, OpenPage, evaluate
from tests.web.conftest import LiveServer
from web.home import PARTS

WAVESURFER = PARTS / "vendor" / "wavesurfer.js"
SCHEMES = ("light", "dark")
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_opens_without_a_complaint_and_for_everybody(
    live: LiveServer, open_page: OpenPage, axe: Axe, console: list[str], scheme: str, size: str
) -> None:
    page = open_page(f"{live.url}/", color_scheme=scheme, viewport=SIZES[size])
    page.wait_for_load_state("networkidle")
    assert axe(page) == []
    assert console == []


def test_all_comes_from_the_server_itself(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{held.url}/")
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((held.url, "data:", "blob:"))] == []


@pytest.mark.parametrize(
    "attack",
    ["document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')",
     "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)",
     "const s = document.createElement('script'); s.src = 'data:,window.ran = 1'; document.body.append(s)",
     "const a = document.createElement('a'); a.href = 'javascript:window.ran = 1'; document.body.append(a); a.click()"],
)  # fmt: skip
def test_what_gets_into_the_page_does_not_run(
    held: HeldServer, open_page: OpenPage, console: list[str], attack: str
) -> None:
    page = open_page(f"{held.url}/")
    evaluate(page, f"{{{attack}}}")
    evaluate(page, "new Promise(done => setTimeout(done, 200))")
    assert evaluate(page, "window.ran === undefined")
    assert any("Content Security Policy" in complaint for complaint in console)


@pytest.mark.skipif(not WAVESURFER.exists(), reason="wavesurfer.js is not installed: it comes with npm")
def test_wavesurfer_draws_under_the_policy(held: HeldServer, open_page: OpenPage, console: list[str]) -> None:
    page = open_page(f"{held.url}/")
    drawn = """import('/page/vendor/wavesurfer.js').then(({ default: WaveSurfer }) => {
        const container = document.body.appendChild(document.createElement('div'))
        const cspNonce = document.querySelector('meta[name=style-nonce]').content
        WaveSurfer.create({ container, cspNonce, peaks: [[0, 0.5, 1]], duration: 3, height: 40 })
        const root = container.firstElementChild.shadowRoot
        return getComputedStyle(root.querySelector('.wrapper')).position
    })"""
    assert evaluate(page, drawn) == "relative"
    assert console == []


def test_a_microphone_may_be_used(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(f"{held.url}/")
    tracks = "navigator.mediaDevices.getUserMedia({ audio: true }).then(stream => stream.getAudioTracks().length)"
    assert evaluate(page, tracks) == 1


def test_a_missing_part_is_a_complaint(held: HeldServer, open_page: OpenPage, console: list[str]) -> None:
    """Or nobody would know that the console is heard at all."""
    page = open_page(f"{held.url}/")
    evaluate(page, "import('/page/nothing.js').catch(() => null)")
    assert any("404" in complaint for complaint in console)
    assert not (Path(PARTS) / "nothing.js").exists()
