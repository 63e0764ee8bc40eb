from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes import SECRET, files_below, wav
from tests.web.conftest import StartServer


def post(client: FlaskClient, sound: bytes | None = None, filename: str = "audio.wav", **fields: Any) -> TestResponse:
    file = (io.BytesIO(wav() if sound is None else sound), filename)
    return client.post("/diarize", data={"audio": file, **fields})


def error_of(response: TestResponse) -> tuple[int, str, str | None]:
    body = json.loads(response.text)
    assert list(body) == ["error"]
    assert set(body["error"]) == {"code", "message", "field"}
    assert body["error"]["message"].endswith(".")
    return response.status_code, body["error"]["code"], body["error"]["field"]


def test_the_shape_that_clients_rely_on(client: FlaskClient) -> None:
    response = post(client, wav(seconds=2.5))
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    body = json.loads(response.text)
    assert body["conversation"] == [{"speaker": "SPEAKER_00", "start_time": 0.0, "end_time": 2.5, "text": SECRET}]
    assert body["duration"] == 2.5
    assert body["models"] == {"words": "fake"}


def test_options_reach_the_processor(client: FlaskClient) -> None:
    by_count = json.loads(post(client, num_speakers="2", language="DE").text)
    assert by_count["language"] == "de"
    assert by_count["warnings"][-1].startswith("1 channels, 2 speakers")
    by_channel = json.loads(post(client, wav(channels=2), channels="per_channel").text)
    assert by_channel["warnings"][-1].startswith("2 channels")


def test_a_profile_by_its_name(start_server: StartServer) -> None:
    server = start_server("load_named", model_config="offline", profiles="sortformer,diar_infer_meeting").wait_ready()
    assert server.post(profile="diar_infer_meeting").json()["models"] == {"words": "diar_infer_meeting-model"}
    assert server.status()["loaded"] == ["diar_infer_meeting"]
    assert server.post().json()["models"] == {"words": "offline-model"}
    failed = server.post(profile="sortformer")
    assert (failed.status_code, failed.json()["error"]["code"]) == (503, "model_unavailable")
    refused = server.post(profile="/srv/sortformer.yaml")
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "code": "invalid_option",
        "field": "profile",
        "message": "profile must be one of offline, sortformer, diar_infer_meeting.",
    }
    assert server.post().status_code == 200
    assert server.temp_files() == []


def test_words_are_given_on_request(client: FlaskClient) -> None:
    assert "words" not in json.loads(post(client, words="false").text)["conversation"][0]
    (word,) = json.loads(post(client, words="true").text)["conversation"][0]["words"]
    assert (word["text"], word["speaker"]) == (SECRET, "SPEAKER_00")


@pytest.mark.parametrize(
    ("fmt", "mimetype", "part"),
    [
        ("json", "application/json", '"conversation"'),
        ("txt", "text/plain", SECRET),
        ("srt", "application/x-subrip", " --> "),
        ("vtt", "text/vtt", "WEBVTT"),
        ("rttm", "text/x-rttm", "SPEAKER my_meeting 1 "),
        ("seglst", None, '"session_id": "my_meeting"'),
    ],
)
def test_every_format_by_field(client: FlaskClient, fmt: str, mimetype: str | None, part: str) -> None:
    response = post(client, filename="my meeting.wav", format=fmt)
    assert response.status_code == 200
    assert mimetype is None or response.mimetype == mimetype
    assert part in response.text


def test_format_by_accept_header_and_by_query(client: FlaskClient) -> None:
    data = {"audio": (io.BytesIO(wav()), "a.wav")}
    assert client.post("/diarize", data=data, headers={"Accept": "text/vtt"}).mimetype == "text/vtt"
    data = {"audio": (io.BytesIO(wav()), "a.wav")}
    assert client.post("/diarize?format=vtt", data=data, headers={"Accept": "*/*"}).mimetype == "text/vtt"
    assert post(client).mimetype == "application/json"


def test_an_unknown_field_is_named_in_the_result(client: FlaskClient) -> None:
    response = post(client, num_speaker="2")
    assert response.status_code == 200
    assert "Unknown field ignored: num_speaker" in json.loads(response.text)["warnings"]


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        (b"", (400, "missing_audio", "audio")),
        (b"Dear diary, this is a text that calls itself a recording. " * 50, (415, "unsupported_media", None)),
        (wav(seconds=7), (413, "audio_too_long", None)),
        (wav(seconds=0), (422, "empty_audio", None)),
    ],
)
def test_sound_that_cannot_be_used(
    client: FlaskClient, sound: bytes, expected: tuple[int, str, str | None], tmp_path: Path
) -> None:
    assert error_of(post(client, sound))[:2] == expected[:2]
    assert files_below(tmp_path / "tmp") == []


def test_a_processors_refusal_keeps_its_status(client: FlaskClient, tmp_path: Path) -> None:
    assert error_of(post(client, filename="silence.wav")) == (422, "empty_audio", None)
    assert files_below(tmp_path / "tmp") == []


def test_a_fault_of_ours_is_a_500_without_detail(client: FlaskClient, tmp_path: Path) -> None:
    response = post(client, filename="fault.wav")
    assert error_of(response) == (500, "internal_error", None)
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ({}, "curl -F audio=@"),
        ({"audio": "recording.wav"}, "holds text, not a file"),
        ({"file": (io.BytesIO(b"x"), "a.wav")}, "curl -F audio=@"),
    ],
)
def test_no_recording_in_the_form(client: FlaskClient, data: dict[str, Any], hint: str, tmp_path: Path) -> None:
    response = client.post("/diarize", data=data, content_type="multipart/form-data")
    assert error_of(response) == (400, "missing_audio", "audio")
    assert hint in response.text
    assert files_below(tmp_path / "tmp") == []


def test_two_recordings_in_one_request(client: FlaskClient, tmp_path: Path) -> None:
    files = [(io.BytesIO(wav()), "a.wav"), (io.BytesIO(wav()), "b.wav")]
    assert error_of(client.post("/diarize", data={"audio": files})) == (400, "invalid_input", "audio")
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize("content_type", ["audio/wav", "application/json", "text/plain", None])
def test_a_body_that_is_no_form(client: FlaskClient, content_type: str | None) -> None:
    assert error_of(client.post("/diarize", data=wav(), content_type=content_type)) == (400, "missing_audio", "audio")


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (
            b"--x\r\nContent-Disposition: form-data; name=audio; filename=a.wav\r\n\r\nhalf",
            "multipart/form-data; boundary=x",
        ),
        (b"no parts at all", "multipart/form-data; boundary=x"),
        (b"whatever", "multipart/form-data"),
    ],
)
def test_a_form_that_is_broken(client: FlaskClient, data: bytes, content_type: str, tmp_path: Path) -> None:
    response = client.post("/diarize", data=data, content_type=content_type)
    assert error_of(response)[0] == 400
    assert files_below(tmp_path / "tmp") == []


NAMES = ["../../etc/passwd", "a\0b.wav", "a%0D%0Ab.wav", "x" * 4096, "\u202egnp.wav", "CON", "..", "/", "ä ö.wav"]


@pytest.mark.parametrize("filename", NAMES)
@pytest.mark.parametrize("fmt", ["json", "rttm"])
def test_no_file_name_does_harm(client: FlaskClient, filename: str, fmt: str, tmp_path: Path) -> None:
    response = post(client, filename=filename, format=fmt)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    kept = re.compile(
        r"data/database|data/jobs\.db[a-z-]*|data/jobs/[0-9a-f]{32}/(audio\.wav|result-1\.json)|logs/diarization_api\.log"
    )
    assert [name for name in files_below(tmp_path) if not kept.fullmatch(name)] == []


def test_a_file_name_that_tries_to_add_a_header(client: FlaskClient, tmp_path: Path) -> None:
    response = post(client, filename="a.wav\r\nSet-Cookie: x=1")
    assert error_of(response)[0] == 400
    assert "Set-Cookie" not in response.headers
    assert files_below(tmp_path / "tmp") == []
