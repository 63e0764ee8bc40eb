from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes import wav
from tests.web.dialects.talk import TALK, TEXT
from tests.web.test_diarize import error_of

WARNING = "Up to 4 speakers can be told apart, and there are 5."


@pytest.fixture
def warned(talk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Every result has that warning."""
    monkeypatch.setattr("tests.web.dialects.talk.TALK", replace(TALK, warnings=(WARNING,)))
    return talk


def send(client: FlaskClient, path: str, field: str, name: str = "a.wav", **fields: Any) -> TestResponse:
    return client.post(path, data={field: (io.BytesIO(wav()), name), **fields})


def test_what_the_service_takes_and_works_with(talk: FlaskClient) -> None:
    specs = talk.get("/audio_specs").get_json()
    assert talk.get("/audio_specs/").get_json() == specs
    assert (specs["sample_rate"], specs["channels"], specs["sample_width"]) == (16_000, 1, 2)
    assert specs["accepted"]["max_seconds"] == pytest.approx(6)
    assert specs["accepted"]["max_upload_bytes"] == 2**20
    assert {"wav", "mp3", "flac"} <= set(specs["accepted"]["containers"])
    assert "hls" not in specs["accepted"]["containers"]


@pytest.mark.parametrize(("path", "field"), [("/transcribe", "audio"), ("/transcribe/", "file")])
def test_a_recording_as_text(talk: FlaskClient, path: str, field: str) -> None:
    response = send(talk, path, field)
    assert (response.mimetype, response.text) == ("text/plain", f"{TEXT}\n")


@pytest.mark.parametrize("path", ["/upload/", "/upload"])
def test_a_recording_as_their_clients_expect_it(talk: FlaskClient, path: str) -> None:
    assert send(talk, path, "file").get_json() == {"transcryption": TEXT}


def test_options_are_those_of_everywhere(talk: FlaskClient) -> None:
    response = send(talk, "/transcribe", "file", language="de", format="srt", mode="fast")
    assert response.headers["X-Ignored-Parameters"] == "format, mode"
    assert error_of(send(talk, "/transcribe", "file", language="klingon")) == (400, "invalid_option", "language")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/transcribe", "audio"),
        ("/upload/", "file"),
        ("/asr?output=srt", "audio_file"),
        ("/asr?output=json", "audio_file"),
    ],
)
def test_what_there_is_to_warn_of_is_told(warned: FlaskClient, path: str, field: str) -> None:
    response = send(warned, path, field)
    assert json.loads(response.headers["X-Warnings"]) == [WARNING]
    if path in ("/upload/", "/asr?output=json"):
        assert json.loads(response.text)["warnings"] == [WARNING]


@pytest.mark.parametrize(("path", "field"), [("/transcribe", "audio"), ("/upload/", "file")])
def test_errors_are_ours(talk: FlaskClient, path: str, field: str) -> None:
    missing = talk.post(path, data={})
    assert error_of(missing) == (400, "missing_audio", field)
    assert f"curl -F {field}=@" in missing.get_json()["error"]["message"]
    assert error_of(send(talk, path, field, "silence.wav"))[:2] == (422, "empty_audio")
