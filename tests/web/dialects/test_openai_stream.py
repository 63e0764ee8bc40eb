"""The stream, over jobs that do what the test says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from errors import EmptyAudio
from keys.key import Scope
from keys.store import KeyStore
from pipeline.known import UNABLE
from tests.fakes import IN_TIME, fake_settings, wait_until, wav
from tests.held import HeldExecutor
from tests.web.dialects.talk import TALK, TEXT
from web.context import service_of

Event = dict[str, Any]


@pytest.fixture
def held() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture
def client(held: HeldExecutor, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(fake_settings(tmp_path, together=1), held)
    yield app.test_client()
    service_of(app).close()


@contextmanager
def streamed(client: FlaskClient, **fields: str) -> Iterator[Iterator[Event]]:
    form = {"file": (io.BytesIO(wav()), "a.wav"), "model": "whisper-1", "stream": "true", **fields}
    response = client.post("/v1/audio/transcriptions", data=form, buffered=False)
    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    yield read(response.iter_encoded())
    response.close()


def read(chunks: Iterator[bytes]) -> Iterator[Event]:
    text = ""
    for chunk in chunks:
        *blocks, text = (text + chunk.decode()).split("\n\n")
        for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if lines:
                event = json.loads(lines["data"])
                assert event["type"] == lines["event"]
                yield event


def kinds(events: list[Event]) -> list[str]:
    return [event["type"].removeprefix("transcript.text.") for event in events]


def test_what_is_final_is_told_while_the_rest_is_made(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client, response_format="diarized_json") as events:
        job = held.begun()
        held.reports[job.id].on_segments(TALK.segments[:1])
        first = [next(events), next(events)]
        assert kinds(first) == ["delta", "segment"]
        assert first[0]["delta"] == "Shall we begin?"
        held.end(job, TALK)
        rest = [*events]
    assert kinds(rest) == ["delta", "segment", "done"]
    assert [first[1]["speaker"], rest[1]["speaker"]] == ["A", "B"]
    assert rest[-1]["text"] == TEXT


def test_a_segment_is_told_once_where_the_work_begins_again(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client) as events:
        job = held.begun()
        reports = held.reports[job.id]
        reports.on_segments(TALK.segments[:1])
        assert next(events)["delta"] == "Shall we begin?"
        reports.on_restart(1)
        reports.on_segments(TALK.segments)
        assert next(events)["delta"] == " Yes, Anna."
        held.end(job, TALK)
        assert kinds([*events]) == ["done"]


def test_what_a_job_fails_with_ends_the_stream(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client) as events:
        held.end(held.begun(), EmptyAudio("There is no usable sound in the recording."))
        (event,) = events
    told = {"message": "There is no usable sound in the recording.", "type": "invalid_request_error"}
    assert event == {"type": "error", "error": {**told, "param": None, "code": "empty_audio"}}


def test_a_fault_ends_it_without_detail(
    client: FlaskClient, held: HeldExecutor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr("dialects.openai_events.Transcript.done", fail)
    with streamed(client) as events:
        held.end(held.begun(), TALK)
        (event,) = events
    assert (event["error"]["type"], event["error"]["code"]) == ("server_error", "internal_error")
    assert TEXT not in json.dumps(event) + caplog.text
    assert "RuntimeError" in caplog.text


def test_who_goes_away_takes_the_job_along(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client) as events:
        job = held.begun()
        held.reports[job.id].on_segments(TALK.segments[:1])
        next(events)
    wait_until(held.futures[job.id].done, IN_TIME)
    state = service_of(client.application).job
    wait_until(lambda: state(job.id, None).state == "cancelled")


def test_a_stop_of_the_service_is_told(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client) as events:
        held.begun()
        service = service_of(client.application)
        service.end_watches()
        service.close()
        (event,) = events
    assert event["error"]["type"] == "server_error"
    assert event["error"]["code"] == "not_ready"


def test_what_is_refused_at_once_is_an_answer_and_no_stream(client: FlaskClient) -> None:
    form = {"file": (io.BytesIO(b"no sound"), "a.wav"), "model": "whisper-1", "stream": "true"}
    response = client.post("/v1/audio/transcriptions", data=form)
    assert (response.status_code, response.mimetype) == (400, "application/json")


@pytest.mark.parametrize("lines", [0, 1])
def test_who_is_gone_by_the_first_line_takes_the_job_along(client: FlaskClient, held: HeldExecutor, lines: int) -> None:
    form = {"file": (io.BytesIO(wav()), "a.wav"), "model": "whisper-1", "stream": "true"}
    response = client.post("/v1/audio/transcriptions", data=form, buffered=False)
    job, chunks = held.begun(), response.iter_encoded()
    for _ in range(lines):
        next(chunks)
    response.close()
    wait_until(held.futures[job.id].done, IN_TIME)
    state = service_of(client.application).job
    wait_until(lambda: state(job.id, None).state == "cancelled")


def test_a_key_that_is_revoked_hears_no_more(client: FlaskClient, held: HeldExecutor) -> None:
    keys = KeyStore(service_of(client.application).engine)
    text, key = keys.create("ana", [Scope.READ, Scope.WRITE])
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    with streamed(client) as events:
        job = held.begun()
        keys.revoke(key.id)
        held.reports[job.id].on_segments(TALK.segments)
        told = [*events]
    assert told[-1]["error"]["code"] == "invalid_api_key"
    wait_until(held.futures[job.id].done, IN_TIME)


def test_what_had_no_effect_is_told_at_the_end(client: FlaskClient, held: HeldExecutor) -> None:
    with streamed(client, prompt="Anna") as events:
        held.end(held.begun(), replace(TALK, warnings=(UNABLE[0],)))
        end = [*events][-1]
    assert end["warnings"] == [UNABLE[0], "prompt has no effect here."]
