"""/speakers over an inline executor; what the voices are like is the fake's affair."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import VOICE_MODEL, wav
from tests.web.test_diarize import error_of
from web.context import service_of

BOTH = (Scope.READ, Scope.WRITE)
CONSENT = "Agreed in writing on 2026-01-31."


def enrol(client: FlaskClient, *clips: str, headers: Any = None, sound: bytes = b"", **fields: str) -> TestResponse:
    given: dict[str, Any] = {"name": "Tom", "consent": CONSENT} | fields
    given["audio"] = [(io.BytesIO(sound or wav()), f"{clip}.wav") for clip in clips or ("clip",)]
    return client.post("/speakers", data=given, headers=headers)


def test_a_speaker_is_made_shown_listed_and_forgotten(client: FlaskClient) -> None:
    made = enrol(client, "first", "second")
    assert made.status_code == 201
    assert made.json is not None
    address = made.headers["Location"]
    assert address == f"/speakers/{made.json['id']}"
    assert (made.json["name"], made.json["consent"]) == ("Tom", CONSENT)
    assert [(one["model"], one["seconds"]) for one in made.json["voiceprints"]] == [(VOICE_MODEL, 0.5)] * 2
    assert client.get(address).json == made.json
    assert client.get("/speakers").json == {"speakers": [made.json], "next": None}
    assert client.delete(address).status_code == 204
    for response in (client.get(address), client.delete(address)):
        assert error_of(response)[:2] == (404, "unknown_speaker")
    assert client.get("/speakers").json == {"speakers": [], "next": None}


def test_recordings_have_the_name_in_every_format_where_that_is_asked_for(client: FlaskClient) -> None:
    enrol(client)

    def ask(**fields: str) -> TestResponse:
        return client.post("/diarize", data={"audio": (io.BytesIO(wav()), "x.wav"), **fields})

    named = ask(identify="true").json
    assert named is not None
    assert named["speakers"] == ["Tom"]
    assert {segment["speaker"] for segment in named["conversation"]} == {"Tom"}
    (identity,) = named["identities"]
    assert (identity["speaker"], identity["name"], identity["reason"]) == ("Tom", "Tom", None)
    assert "Tom" in ask(identify="true", format="srt").text
    unnamed = ask().json
    assert unnamed is not None
    assert (unnamed["speakers"], unnamed["identities"]) == (["SPEAKER_00"], [])
    assert error_of(ask(identify="perhaps"))[2] == "identify"


def test_further_clips(client: FlaskClient) -> None:
    made = enrol(client).json
    assert made is not None
    address = f"/speakers/{made['id']}/clips"
    more = client.post(address, data={"audio": (io.BytesIO(wav(0.7)), "more.wav")})
    assert more.status_code == 200
    assert more.json is not None
    assert [one["seconds"] for one in more.json["voiceprints"]] == [0.5, 0.7]
    unknown = client.post("/speakers/0/clips", data={"audio": (io.BytesIO(wav()), "more.wav")})
    assert error_of(unknown)[1] == "unknown_speaker"
    assert error_of(client.post(address, data={}))[1] == "missing_audio"


@pytest.mark.parametrize(
    ("fields", "status", "code", "field"),
    [
        ({"name": ""}, 400, "invalid_option", "name"),
        ({"name": "SPEAKER_07"}, 400, "invalid_option", "name"),
        ({"name": "x" * 101}, 400, "invalid_option", "name"),
        ({"consent": " "}, 400, "invalid_option", "consent"),
        ({"profile": "nobody's"}, 400, "invalid_option", "profile"),
        ({"sound": b"not audio"}, 415, "unsupported_media", "audio"),
        ({"sound": wav(7)}, 413, "audio_too_long", "audio"),
    ],
)
def test_what_is_refused(client: FlaskClient, fields: dict[str, Any], status: int, code: str, field: str) -> None:
    response = enrol(client, **fields)
    assert error_of(response) == (status, code, field)


@pytest.mark.parametrize(("clip", "code"), [("short", "voice_too_short"), ("two", "several_voices")])
def test_clips_that_tell_no_voice(client: FlaskClient, clip: str, code: str) -> None:
    assert error_of(enrol(client, clip)) == (422, code, "audio")


def test_a_name_that_is_known_and_too_many_clips(client: FlaskClient) -> None:
    enrol(client)
    assert error_of(enrol(client)) == (409, "speaker_exists", "name")
    assert error_of(enrol(client, *"abcdefghijk", name="Mara")) == (400, "invalid_option", "audio")
    assert error_of(client.post("/speakers", data={"name": "Mara", "consent": CONSENT}))[1] == "missing_audio"


def test_what_has_no_effect_is_named(client: FlaskClient) -> None:
    made = enrol(client, profil="x", identify="true")
    assert (made.status_code, made.headers["X-Ignored-Parameters"]) == (201, "identify, profil")


def test_speakers_belong_to_their_key(app: Flask, client: FlaskClient) -> None:
    keys = KeyStore(service_of(app).engine)
    ana, ben, reader = (keys.create(name, scopes)[0] for name, scopes in (("a", BOTH), ("b", BOTH), ("r", BOTH[:1])))
    root, _ = keys.create("root", [Scope.ADMIN])
    made = enrol(client, headers={"X-API-Key": ana}).json
    assert made is not None
    address = f"/speakers/{made['id']}"
    assert enrol(client, headers={"X-API-Key": ben}).status_code == 201  # the same name
    for method in (client.get, client.delete):
        assert method(address, headers={"X-API-Key": ben}).status_code == 404
    assert enrol(client, headers={"X-API-Key": reader}).status_code == 403
    assert client.get(address, headers={"X-API-Key": reader}).status_code == 404
    assert client.get(address).status_code == 401
    listed = client.get("/speakers", headers={"X-API-Key": root}).json
    assert listed is not None
    assert len(listed["speakers"]) == 2
    assert client.delete(address, headers={"X-API-Key": root}).status_code == 204


def test_pages(client: FlaskClient) -> None:
    for name in ("a", "b", "c"):
        enrol(client, name=name)
    first = client.get("/speakers?limit=2").json
    assert first is not None
    second = client.get(f"/speakers?limit=2&before={first['next']}").json
    assert second is not None
    assert [one["name"] for page in (first, second) for one in page["speakers"]] == ["c", "b", "a"]
    assert second["next"] is None


def test_no_name_consent_or_file_name_is_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    enrol(client, "bartholomew-file", name="Bartholomew", consent="Bartholomew agreed")
    enrol(client, "two", name="Bartholomew")
    client.post("/diarize", data={"audio": (io.BytesIO(wav()), "x.wav"), "identify": "1"})
    assert caplog.text
    assert "artholomew" not in caplog.text
