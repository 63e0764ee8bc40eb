"""What one takes along."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.browser.conftest import OpenPage
from tests.browser.visiting import job_done
from tests.web.conftest import LiveServer

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


def test_everything_on_offer_can_be_had(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    page.locator("download-menu summary").click()
    links = page.locator("download-menu a")
    expect(page.get_by_role("link", name="WAV The sound")).to_be_visible()
    addresses = [str(link.get_attribute("href")) for link in links.all()]
    document = requests.get(f"{talking.url}/openapi.json", timeout=30).json()
    (format,) = (one for one in document["paths"]["/jobs/{id}/result"]["get"]["parameters"] if one["name"] == "format")
    offered = {parse_qs(urlsplit(address).query).get("format", [""])[0] for address in addresses}
    assert offered >= {*format["schema"]["enum"]}
    assert sum("/plot." in address for address in addresses) == 10
    tried = [
        address for address in addresses if "/plot." not in address or "kind=speakers" in address
    ]  # the quick ones
    answers = {address: requests.get(f"{talking.url}/{address}", timeout=120).status_code for address in tried}
    assert set(answers.values()) == {200}, answers


def test_single_words_can_be_had_in_tables(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    page.locator("download-menu summary").click()
    table = page.get_by_role("link", name="CSV Table")
    with page.expect_download() as download:
        table.click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    page.get_by_label("Single words in tables and TextGrids").check()
    with page.expect_download() as download:
        table.click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) > 5 * len(lines)
    with page.expect_download() as download:
        page.get_by_role("link", name="WAV The sound").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"


def test_a_download_that_fails_says_why(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    page.locator("download-menu summary").click()
    error = {"code": "unavailable", "message": "Too much is being drawn; try again later.", "field": None}
    page.route("**/plot.png*", lambda route: route.fulfill(status=503, json={"error": error}))
    page.get_by_role("link", name="PNG, Waveform").click()
    expect(page.get_by_role("alert").filter(has_text="Too much is being drawn")).to_be_visible()
