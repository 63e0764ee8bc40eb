from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import soundfile
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes import wav
from tests.media import SAMPLE, pcm
from tests.web.conftest import LiveServer
from tests.web.dialects.talk import TEXT
from tests.web.faults import told


def send(
    client: FlaskClient, query: str = "", sound: bytes | None = None, name: str = "my talk.wav", **fields: Any
) -> TestResponse:
    file = (io.BytesIO(wav() if sound is None else sound), name)
    return client.post(f"/asr?{query}", data={"audio_file": file, **fields})


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "Shall we begin?\nYes, Anna.\n"),
        ("output=txt&diarize=true", "[SPEAKER_00]: Shall we begin?\n[SPEAKER_01]: Yes, Anna.\n"),
        ("output=tsv", "start\tend\ttext\n500\t1500\tShall we begin?\n1750\t2250\tYes, Anna.\n"),
        (
            "output=srt",
            "1\n00:00:00,500 --> 00:00:01,500\nShall we begin?\n\n2\n00:00:01,750 --> 00:00:02,250\nYes, Anna.\n\n",
        ),
        (
            "output=vtt&encode=true&task=transcribe&vad_filter=true",
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nShall we begin?\n\n00:00:01.750 --> 00:00:02.250\nYes, Anna.\n\n",
        ),
    ],
)
def test_every_output(talk: FlaskClient, query: str, text: str) -> None:
    response = send(talk, query)
    assert (response.status_code, response.mimetype, response.text) == (200, "text/plain", text)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="my_talk.')
    assert "X-Ignored-Parameters" not in response.headers


def test_json_has_words_and_speakers_where_they_are_asked_for(talk: FlaskClient) -> None:
    plain = json.loads(send(talk, "output=json").text)
    assert (plain["text"], plain["language"]) == (TEXT, "en")
    assert not {"words", "speaker"} & set(plain["segments"][0])
    full = json.loads(send(talk, "output=json&word_timestamps=true&diarize=true").text)
    assert full["segments"][1]["speaker"] == "SPEAKER_01"
    assert full["segments"][0]["words"][2]["word"] == "begin?"


def test_parameters_come_in_the_form_too(talk: FlaskClient) -> None:
    assert json.loads(send(talk, output="json", language="DE").text)["language"] == "de"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("initial_prompt=Anna", "initial_prompt"),
        ("vad_filter=false", "vad_filter"),
        ("word_timestamps=true", "word_timestamps"),
        ("beam_size=5", "beam_size"),
        ("max_speakers=2&min_speakers=1", "min_speakers, max_speakers"),
    ],
)
def test_what_has_no_effect_is_named(talk: FlaskClient, query: str, names: str) -> None:
    assert send(talk, query).headers["X-Ignored-Parameters"] == names


@pytest.mark.parametrize(
    ("query", "param", "word"),
    [
        ("task=translate", "task", "does not translate"),
        ("task=dance", "task", "must be transcribe"),
        ("output=docx", "output", "must be one of"),
        ("language=klingon", "language", "must be one of"),
        ("diarize=perhaps", "diarize", "must be true or false"),
        ("min_speakers=0", "min_speakers", "from 1 to"),
        ("diarize=true&min_speakers=4&max_speakers=2", "min_speakers", "larger"),
    ],
)
def test_what_makes_no_sense_is_refused_as_there(talk: FlaskClient, query: str, param: str, word: str) -> None:
    response = send(talk, query)
    assert response.status_code == 422
    (fault,) = response.get_json()["detail"]
    assert (fault["loc"], word in fault["msg"]) == (["query", param], True)


def test_recordings_that_cannot_be_used(talk: FlaskClient) -> None:
    missing = talk.post("/asr", data={})
    assert missing.status_code == 422
    assert missing.get_json()["detail"][0]["loc"] == ["body", "audio_file"]
    assert told(send(talk, sound=b"no sound"))[0] == 415
    assert told(send(talk, name="silence.wav")) == (422, "There is no usable sound in the recording.")
    assert told(send(talk, sound=wav(7)))[0] == 413


def test_bare_sound_is_taken_where_it_is_said_to_be(talk: FlaskClient) -> None:
    bare = wav()[44:]
    assert send(talk, "encode=false", bare).status_code == 200
    assert told(send(talk, "", bare))[0] == 415


@pytest.mark.parametrize("field", ["audio_file", "file", "audio"])
def test_a_language_is_told(talk: FlaskClient, field: str) -> None:
    response = talk.post("/detect-language?x=1", data={field: (io.BytesIO(wav()), "a.wav")})
    assert response.get_json() == {"detected_language": "german", "language_code": "de", "confidence": 0.875}
    assert response.headers["X-Ignored-Parameters"] == "x"


@pytest.mark.parametrize("path", ["/asr/", "/detect-language/"])
def test_a_slash_at_the_end_is_the_same_address(talk: FlaskClient, path: str) -> None:
    assert talk.post(path, data={"audio_file": (io.BytesIO(wav()), "a.wav")}).status_code == 200


Post = Callable[..., requests.Response]


@pytest.fixture
def real(offline: LiveServer) -> Post:
    def post(path: str, audio: bytes | None = None, field: str = "audio_file") -> requests.Response:
        sound = SAMPLE.read_bytes() if audio is None else audio
        return requests.post(f"{offline.url}{path}", files={field: ("a", sound)}, timeout=600)

    return post


def test_the_offline_profile_writes_what_was_said(real: Post) -> None:
    spoken = real("/asr?output=json&word_timestamps=true&diarize=true").json()
    assert spoken["language"] == "en"
    assert spoken["text"].startswith("Let us start.")
    assert {segment["speaker"] for segment in spoken["segments"]} == {"SPEAKER_00", "SPEAKER_01", "SPEAKER_02"}
    assert all(word["start"] <= word["end"] for segment in spoken["segments"] for word in segment["words"])
    samples = soundfile.read(SAMPLE, dtype="float32")[0][: 8 * 16_000]
    assert real("/asr?encode=false&language=en", pcm(samples)).text.startswith("Let us start.")


def test_the_offline_profile_tells_the_language(real: Post) -> None:
    detected = real("/detect-language", field="file").json()
    assert (detected["detected_language"], detected["language_code"]) == ("english", "en")
    assert 0.5 < detected["confidence"] <= 1
    silent = real("/detect-language", bytes(2 * 16_000 * 2), "file")
    assert silent.status_code == 415, "no header, and nobody said so"
    silent = real("/detect-language?encode=false", bytes(2 * 16_000 * 2), "file")
    assert (silent.status_code, silent.json()["detail"]) == (
        422,
        "There is no speech in the recording, so its language cannot be told.",
    )
