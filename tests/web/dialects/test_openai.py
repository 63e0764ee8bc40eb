from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline.recogniser import NO_KEYTERMS
from tests.fakes import files_below, wav
from tests.web.dialects.talk import TEXT
from tests.web.faults import told


def test_models_are_theirs_and_our_profiles(client: FlaskClient) -> None:
    listed = client.get("/v1/models").get_json()
    names = [model["id"] for model in listed["data"]]
    assert listed["object"] == "list"
    assert {"whisper-1", "gpt-4o-transcribe-diarize", "fakes"} <= set(names)
    for model in listed["data"]:
        assert client.get(f"/v1/models/{model['id']}").get_json() == model


def test_an_unknown_model_is_not_found(client: FlaskClient) -> None:
    response = client.get("/v1/models/tts-1")
    assert response.status_code == 404
    error = response.get_json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "model_not_found", "model")


def send(client: FlaskClient, sound: bytes | None = None, name: str = "a.wav", **fields: Any) -> TestResponse:
    """fields: with model, which may be None; a list comes as ``name[]``."""
    form: dict[str, Any] = {"model": "whisper-1"} | fields
    form = {f"{key}[]" if isinstance(value, list) else key: value for key, value in form.items() if value is not None}
    form["file"] = (io.BytesIO(wav() if sound is None else sound), name)
    return client.post("/v1/audio/transcriptions", data=form)


def refused(response: TestResponse) -> tuple[int, str, str | None]:
    """Status, code and parameter."""
    told(response)
    error = response.get_json()["error"]
    return response.status_code, error["code"], error["param"]


def test_json_is_the_text_and_nothing_of_who(talk: FlaskClient) -> None:
    assert send(talk).get_json() == {"text": TEXT, "usage": {"type": "duration", "seconds": 2.5}}


def test_every_format(talk: FlaskClient) -> None:
    verbose = send(talk, response_format="verbose_json").get_json()
    assert (verbose["language"], len(verbose["segments"]), "words" in verbose) == ("english", 2, False)
    diarized = send(talk, response_format="diarized_json").get_json()
    assert [row["speaker"] for row in diarized["segments"]] == ["A", "B"]
    text, srt, vtt = (send(talk, response_format=name) for name in ("text", "srt", "vtt"))
    assert (text.mimetype, text.text) == ("text/plain", f"{TEXT}\n")
    assert (srt.mimetype, srt.text.splitlines()[2]) == ("application/x-subrip", "Shall we begin?")
    assert (vtt.mimetype, vtt.text.splitlines()[3]) == ("text/vtt", "Shall we begin?")
    named = send(talk, model="gpt-4o-transcribe-diarize", response_format="srt")
    assert named.text.splitlines()[2] == "A: Shall we begin?"


def test_times_of_words_are_given_where_they_are_asked_for(talk: FlaskClient) -> None:
    body = send(talk, response_format="verbose_json", timestamp_granularities=["word"]).get_json()
    assert "segments" not in body
    assert body["words"][2] == {"word": "begin?", "start": 1.0, "end": 1.5}


@pytest.mark.parametrize(
    ("sound", "name", "status", "code", "param"),
    [
        (b"", "a.wav", 400, "missing_audio", "file"),
        (b"no sound", "a.wav", 400, "unsupported_media", None),
        (None, "silence.wav", 400, "empty_audio", None),
        (wav(7), "a.wav", 413, "audio_too_long", None),
        (b"x" * 2**21, "a.wav", 413, "upload_too_large", "file"),
        (None, "fault.wav", 500, "internal_error", None),
    ],
)
def test_recordings_that_cannot_be_used(
    talk: FlaskClient, sound: bytes | None, name: str, status: int, code: str, param: str | None
) -> None:
    assert refused(send(talk, sound, name)) == (status, code, param)


def test_without_a_file_the_message_says_how_to_send_one(talk: FlaskClient) -> None:
    response = talk.post("/v1/audio/transcriptions", data={"model": "whisper-1"})
    assert refused(response) == (400, "missing_audio", "file")
    assert "curl -F file=@recording.wav" in response.get_json()["error"]["message"]


def test_translations_are_refused(talk: FlaskClient) -> None:
    response = talk.post("/v1/audio/translations", data={"file": (io.BytesIO(wav()), "a.wav"), "model": "whisper-1"})
    assert refused(response) == (400, "unsupported", None)


def test_what_was_sent_is_stored_as_a_job_and_nothing_is_left_over(talk: FlaskClient, tmp_path: Path) -> None:
    send(talk)
    send(talk, model="unknown")
    assert [job["state"] for job in talk.get("/jobs").get_json()["jobs"]] == ["done"]
    assert files_below(tmp_path / "tmp") == []


def data_url(sound: bytes, kind: str = "audio/wav") -> str:
    return f"data:{kind};base64,{base64.b64encode(sound).decode()}"


def known(*names: str, **more: Any) -> dict[str, Any]:
    return {"known_speaker_names": list(names), "known_speaker_references": [data_url(wav())] * len(names), **more}


def test_known_speakers_are_called_by_their_names(talk: FlaskClient, tmp_path: Path) -> None:
    body = send(talk, response_format="diarized_json", **known(" Anna  Lee", "Ben")).get_json()
    assert [row["speaker"] for row in body["segments"]] == ["Anna Lee", "A"]
    named = send(talk, model="gpt-4o-transcribe-diarize", response_format="srt", **known("Anna Lee"))
    assert named.text.splitlines()[2] == "Anna Lee: Shall we begin?"
    assert files_below(tmp_path / "tmp") == []


def test_a_long_reference_is_no_form_beyond_reason(talk: FlaskClient) -> None:
    fields = {"known_speaker_names": ["Anna"], "known_speaker_references": [data_url(wav(1, rate=192_000))]}
    assert send(talk, response_format="diarized_json", **fields).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"known_speaker_names": ["Anna"]}, "invalid_option", "known_speaker_references"),
        ({"known_speaker_references": [data_url(wav())]}, "invalid_option", "known_speaker_references"),
        (known("SPEAKER_01"), "invalid_option", "known_speaker_names"),
        (known("x" * 101), "invalid_option", "known_speaker_names"),
        (known(*map(str, range(33))), "invalid_option", "known_speaker_references"),
        (
            known("Anna") | {"known_speaker_references": [data_url(b"text", "text/plain")]},
            "invalid_option",
            "known_speaker_references",
        ),
        (known("Anna") | {"known_speaker_references": ["a.wav"]}, "invalid_option", "known_speaker_references"),
        (
            known("Anna") | {"known_speaker_references": [data_url(b"no sound")]},
            "unsupported_media",
            "known_speaker_references",
        ),
    ],
)
def test_a_known_speaker_who_cannot_be_known_is_refused(
    talk: FlaskClient, tmp_path: Path, fields: dict[str, Any], code: str, param: str
) -> None:
    assert refused(send(talk, response_format="diarized_json", **fields)) == (400, code, param)
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"response_format": "text"},
        {"response_format": "verbose_json"},
        {"response_format": "srt"},
        {"response_format": "vtt", "model": "gpt-4o-transcribe"},
        {"model": "gpt-4o-transcribe-diarize"},
    ],
)
def test_known_speakers_are_ignored_by_name_where_the_answer_has_no_place_for_them(
    talk: FlaskClient, fields: dict[str, Any]
) -> None:
    response = send(talk, known_speaker_names=["Anna"], known_speaker_references=["no data URL"], **fields)
    assert response.status_code == 200
    assert response.headers["X-Ignored-Parameters"] == "known_speaker_names, known_speaker_references"
    assert refused(send(talk, known_speaker_names=["Anna"], **fields))[2] == "known_speaker_references"


def test_what_there_is_to_warn_of_is_told_with_every_format(talk: FlaskClient) -> None:
    for name in ("text", "srt", "vtt", "json"):
        response = send(talk, response_format=name, keywords=["Anna"])
        assert json.loads(response.headers["X-Warnings"]) == [f"{NO_KEYTERMS} with this recogniser."]
    assert "X-Warnings" not in send(talk).headers
