from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from keys.key import Scope, new_text
from keys.store import KeyStore
from tests.web.faults import told
from web.context import service_of
from web.dialects.known import ASSEMBLYAI, DEEPGRAM, OPENAI, OWN, WHISPER_ASR, Dialect, dialect_of


@pytest.mark.parametrize(
    ("path", "dialect"),
    [("/", OWN), ("/jobs/1", OWN), ("*", OWN), ("/v1", OPENAI), ("/v1/models/x", OPENAI), ("/v10/models", OWN)],
)
def test_an_address_belongs_to_the_dialect_that_it_lies_below(path: str, dialect: Dialect) -> None:
    assert dialect_of(path) is dialect


@pytest.mark.parametrize(
    ("kinds", "header", "key"),
    [
        (("Bearer",), "Bearer x", "x"),
        (("Bearer",), "bearer   x ", "x"),
        (("Bearer",), "Basic x", None),
        (("Bearer",), "x", None),
        (("Bearer",), "", None),
        (("Token", "Bearer"), "token x", "x"),
        (("Token", "Bearer"), "Bearer x", "x"),
        (("", "Bearer"), "x", "x"),
        (("", "Bearer"), "Bearer x", "x"),
        (("", "Bearer"), "", None),
    ],
)
def test_a_key_is_read_as_the_dialects_clients_send_it(kinds: tuple[str, ...], header: str, key: str | None) -> None:
    dialect = Dialect((), OWN.error, OWN.schema, kinds=kinds)
    assert dialect.key(header) == key


@pytest.mark.parametrize(
    ("dialect", "message", "worded"),
    [
        (OWN, "min_speakers is larger than max_speakers.", "min_speakers is larger than max_speakers."),
        (
            ASSEMBLYAI,
            "min_speakers is larger than max_speakers.",
            "min_speakers_expected is larger than max_speakers_expected.",
        ),
        (ASSEMBLYAI, "per_channel gives every channel one speaker.", "multichannel gives every channel one speaker."),
        (ASSEMBLYAI, "language must be one of en.", "language_code must be one of en."),
        (DEEPGRAM, "keyterms may hold 100 phrases.", "keyterm may hold 100 phrases."),
        (OPENAI, "keyterms may hold 100 phrases.", "keywords may hold 100 phrases."),
        (OPENAI, "The profile has no audio of known voices.", "The profile has no audio of known voices."),
    ],
)
def test_a_message_has_the_names_that_its_reader_knows(dialect: Dialect, message: str, worded: str) -> None:
    assert dialect.worded(message) == worded


def test_a_parameter_that_a_dialect_has_not_is_not_named() -> None:
    assert WHISPER_ASR.field("profile") is None
    assert (WHISPER_ASR.field("audio"), WHISPER_ASR.field("task")) == ("audio_file", "task")


def test_people_are_told_how_to_send_it() -> None:
    ways = [Dialect((), OWN.error, OWN.schema, kinds=(kind,)) for kind in ("Bearer", "Token", "")]
    assert [way.form for way in ways] == [f"Authorization: {sent}" for sent in ("Bearer KEY", "Token KEY", "KEY")]
    assert [way.challenge for way in ways] == [f'{kind} realm="API key"' for kind in ("Bearer", "Token", "Key")]


def test_a_key_of_somebody_elses_is_none_where_none_is_needed(client: FlaskClient) -> None:
    """Their clients cannot call without one."""
    theirs, unknown = {"Authorization": "Bearer sk-anything"}, {"Authorization": f"Bearer {new_text()}"}
    assert client.get("/v1/models", headers=theirs).status_code == 200
    assert told(client.get("/jobs", headers=theirs))[0] == 401, "ours can"
    assert told(client.get("/v1/models", headers=unknown))[0] == 401, "its holder would not find its jobs"
    key, _ = KeyStore(service_of(client.application).engine).create("x", [Scope.READ])
    refused = client.get("/v1/models", headers=theirs)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (401, "invalid_api_key")
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/models", 405)])
def test_what_is_refused_before_any_view_is_refused_in_the_dialects_shape(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    assert told(client.open(path, method=method))[0] == status
