from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from tests.web.test_diarize import error_of
from web.docs import ASSETS

EXTERNAL = re.compile(r"(?:https?:)?//[a-z0-9.-]+", re.IGNORECASE)
NAMED = re.compile(r"""(?:src|href)="([^"]+)"|url\((?!data:)["']?([^)"']+)|url: "([^"]+)""")


def named(text: str) -> list[str]:
    """The addresses that a page, a style sheet or our script would fetch."""
    return [next(filter(None, match)) for match in NAMED.findall(text)]


def test_the_page_and_all_that_it_names_come_from_here(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.mimetype == "text/html"
    names = named(page.text)
    assert {urljoin("/docs", name) for name in names} == {f"/docs/{name}" for name in ASSETS}
    for name in names:
        asset = client.get(urljoin("/docs", name))
        assert asset.status_code == 200
        # Swagger's own script names many addresses, in texts; the page's policy lets it fetch from none of them.
        if name != "docs/swagger-ui-bundle.js":
            assert [address for address in named(asset.text) if EXTERNAL.match(address)] == []
    assert EXTERNAL.findall(page.text) == []
    script = client.get("/docs/start.js").text
    assert [client.get(urljoin("/docs", name)).status_code for name in named(script)] == [200]
    assert "validatorUrl: null" in script


def test_the_page_may_fetch_and_run_only_what_comes_from_here(client: FlaskClient) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/docs").headers["Content-Security-Policy"].split("; "))
    assert policy.pop("img-src") == "'self' data:"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert policy["default-src"] == "'none'"
    page = client.get("/docs").text
    assert re.findall(r"<script(?! src=)|<style|style=| on[a-z]+=", page) == []


def test_a_copy_that_a_browser_kept_is_sent_again(client: FlaskClient) -> None:
    for address in ("/docs", *(f"/docs/{name}" for name in ASSETS)):
        assert client.get(address, headers={"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdocs.html", "docs.html", "%2Fetc%2Fpasswd"])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert error_of(client.get(f"/docs/{name}"))[:2] == (404, "not_found")
