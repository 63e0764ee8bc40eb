from __future__ import annotations

import io
import json

import pytest
from flask.testing import FlaskClient

import formats
from tests.fakes import SECRET, wav
from tests.web.test_jobs import ended, send


@pytest.mark.parametrize("fmt", list(formats.FORMATS))
def test_the_result_comes_in_every_format(client: FlaskClient, fmt: str) -> None:
    job = ended(client, send(client, "My meeting.wav").headers["Location"])
    answer = client.get(f"/jobs/{job['id']}/result?format={fmt.upper()}")
    assert answer.status_code == 200
    assert answer.mimetype == formats.find(fmt).MIMETYPE
    assert answer.headers["ETag"]
    if fmt in formats.BINARY:
        assert answer.data.startswith(b"PAR1")
    else:
        assert SECRET in answer.text or fmt in ("rttm", "uem", "ctm")


def test_a_report_is_a_file_to_save(client: FlaskClient) -> None:
    data = {"audio": (io.BytesIO(wav()), "Besprechung Ü.wav"), "format": "html"}
    answer = client.post("/diarize", data=data)
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["Content-Disposition"] == "attachment; filename=Besprechung_U.html"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_browser_that_accepts_html_first_gets_json(client: FlaskClient) -> None:
    job = ended(client, send(client).headers["Location"])
    answer = client.get(f"/jobs/{job['id']}/result", headers={"Accept": "text/html,*/*;q=0.8"})
    assert json.loads(answer.text)["conversation"]
    assert "Content-Disposition" not in answer.headers
