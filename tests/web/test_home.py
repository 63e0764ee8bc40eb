from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from settings import ROOT
from tests.web.test_diarize import error_of
from tests.web.test_docs import EXTERNAL, named
from web import home
from web.home import PARTS
from web.status import VERSION

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
BROWSERS = [CHROMIUM, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"]


@pytest.mark.parametrize("accept", BROWSERS)
def test_browsers_get_the_page(client: FlaskClient, accept: str) -> None:
    page = client.get("/", headers={"Accept": accept})
    assert (page.status_code, page.mimetype, page.headers["Vary"]) == (200, "text/html", "Accept")
    assert "<html" in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html", "text/plain", ""])
def test_programs_get_the_health_and_what_is_taken(client: FlaskClient, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})
    body = answer.get_json()
    assert (answer.headers["Vary"], body["status"], body["version"]) == ("Accept", "ready", VERSION)
    assert body["audio"] == client.get("/audio_specs").get_json()
    for link in body["links"].values():
        assert client.get(link).status_code == 200


def test_the_page_and_all_that_it_names_come_from_here(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": "text/html"})
    for name in named(page.text):
        if urljoin("/", name).startswith("/page/"):
            part = client.get(urljoin("/", name))
            assert part.status_code == 200, name
            assert [address for address in named(part.text) if EXTERNAL.match(address)] == []
    assert EXTERNAL.findall(page.text) == []


def test_nothing_that_stands_in_the_page_runs(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": "text/html"})
    directives = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:|<style|\sstyle=", page.text)
    assert "microphone=(self)" in page.headers["Permissions-Policy"]


def test_the_nonce_of_styles_is_another_each_time(client: FlaskClient) -> None:
    nonces = set()
    for _ in range(3):
        page = client.get("/", headers={"Accept": "text/html"})
        (nonce,) = re.findall(r'<meta name="style-nonce" content="([\w-]{20,})">', page.text)
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        nonces.add(nonce)
    assert len(nonces) == 3


def test_every_part_is_served_as_what_it_is(client: FlaskClient) -> None:
    for path in PARTS.rglob("*"):
        if path.is_file() and path.suffix in home.MIMETYPES:
            part = client.get(f"/page/{path.relative_to(PARTS)}")
            assert (part.status_code, part.data) == (200, path.read_bytes())
            assert part.mimetype == home.MIMETYPES[path.suffix]
    assert client.get("/page/page.js").mimetype == "text/javascript"


@pytest.mark.parametrize(
    "name", ["nothing.js", "vendor", "", "vendor/nothing.js", "../home.py", "..%2f..%2fhome.py", "../docs.html",
             "index.html", "vendor/wavesurfer.LICENSE", "x\x00.js", "./../start.js"],
)  # fmt: skip
def test_nothing_else_is_a_part(client: FlaskClient, name: str) -> None:
    assert error_of(client.get(f"/page/{name}"))[:2] == (404, "not_found")


def test_a_part_that_npm_brings_is_served_where_it_is(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "PARTS", tmp_path)
    assert client.get("/page/vendor/wavesurfer.js").status_code == 404
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "wavesurfer.js").write_text("export default 1")
    assert client.get("/page/vendor/wavesurfer.js").text == "export default 1"


def test_what_npm_brings_is_locked_by_version_and_hash_and_to_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / "package.json").read_text())
    found = {name.removeprefix("node_modules/"): part for name, part in lock.items() if name}
    named = wanted["dependencies"] | wanted["devDependencies"]
    assert {name: found[name]["version"] for name in named} == named
    assert {name for name, part in found.items() if not part.get("dev")} == wanted["dependencies"].keys()
    assert all(part["integrity"].startswith("sha512-") and "resolved" not in part for part in found.values())


def test_without_npm_one_line_says_so_and_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    script = ["/bin/bash", str(ROOT / "web" / "static" / "vendor.sh")]
    done = subprocess.run(script, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (0, "", 1)
    assert "npm is not installed" in done.stderr
