from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from keys.key import Scope
from keys.store import KeyStore
from pipeline.types import Conversation, Segment
from tests.fakes import IN_TIME, SECRET, fake_settings, wait_until
from tests.held import HeldExecutor
from tests.web.conftest import LiveServer, StartServer
from tests.web.test_diarize import error_of
from tests.web.test_jobs import ended, get, send
from tests.web.test_jobs import post as post_live
from web.context import service_of


class Event(NamedTuple):
    name: str
    id: str
    data: dict[str, Any]


def read(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream, as they come."""
    text = ""
    for chunk in chunks:
        *blocks, text = (text + chunk.decode()).split("\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if "event" in fields:
                yield Event(fields["event"], fields["id"], json.loads(fields["data"]))


def until(events: Iterator[Event], name: str) -> Event:
    """The next event of this name; those before it may only be signs of life."""
    for event in events:
        if event.name == name:
            return event
        assert event.name == "progress"
    raise AssertionError("the stream has ended")


@pytest.fixture
def held() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture
def watched(held: HeldExecutor, tmp_path: Path) -> Iterator[FlaskClient]:
    """Over jobs that do what the test says; one at a time, and one stream."""
    app = create_app(fake_settings(tmp_path, together=1, max_event_streams=1), held)
    yield app.test_client()
    service_of(app).close()


@contextmanager
def stream_of(client: FlaskClient, location: str, last: str = "") -> Iterator[Iterator[Event]]:
    response = client.get(f"{location}/events", headers={"Last-Event-ID": last} if last else {}, buffered=False)
    assert response.status_code == 200
    yield read(response.iter_encoded())
    response.close()


def said(number: int) -> Segment:
    return Segment("SPEAKER_01", number, number + 1, f"<{number}>\n\nä")


def shape(number: int) -> dict[str, Any]:
    return {"speaker": "SPEAKER_01", "start_time": number, "end_time": number + 1, "text": f"<{number}>\n\nä"}


def test_a_job_that_has_ended_is_one_event(client: FlaskClient) -> None:
    location = send(client).headers["Location"]
    job = ended(client, location)
    response = client.get(f"{location}/events")
    assert (response.mimetype, response.headers["X-Accel-Buffering"]) == ("text/event-stream", "no")
    assert response.headers["Cache-Control"] == "no-store"
    assert list(read([response.data])) == [Event("end", "end", job)]
    assert client.get(f"{location}/events", headers={"Last-Event-ID": "end"}).status_code == 204


def test_metadata_that_no_encoding_takes_ends_a_stream_all_the_same(client: FlaskClient) -> None:
    location = send(client, metadata=r'{"a\ud800": "\ud800"}').headers["Location"]
    job = ended(client, location)
    assert job["metadata"] == {"a\ud800": "\ud800"}
    assert list(read([client.get(f"{location}/events").data])) == [Event("end", "end", job)]


def test_a_job_that_is_not_there(client: FlaskClient) -> None:
    assert error_of(client.get(f"/jobs/{'0' * 32}/events"))[:2] == (404, "unknown_job")


def test_progress_and_each_segment_once_as_they_come(watched: FlaskClient, held: HeldExecutor) -> None:
    location = send(watched).headers["Location"]
    reports = held.reports[held.begun().id]
    assert reports.on_progress
    assert reports.on_segments
    reports.on_progress("words", 0.5)
    reports.on_segments([said(0), said(1)])
    with stream_of(watched, location) as events:
        first = next(events)
        assert (first.name, first.data) == ("segments", {"first": 0, "segments": [shape(0), shape(1)]})
        progress = next(events)
        assert (progress.name, progress.id) == ("progress", first.id)
        assert {**progress.data, "seconds_left": None} == {
            "state": "running", "stage": "words", "percent": 72.5, "seconds_left": None, "queue_place": None
        }  # fmt: skip
        assert next(events).name == "progress", "though nothing was reported"
        reports.on_segments([said(2)])
        assert until(events, "segments").data == {"first": 2, "segments": [shape(2)]}
        reports.on_segments([said(3)])
        held.end(held.jobs[0], Conversation(duration=0.5))
        assert until(events, "segments").data == {"first": 3, "segments": [shape(3)]}
        assert until(events, "end") == Event("end", "end", get(watched, location))
        assert next(events, None) is None
    with stream_of(watched, location, last=first.id) as events:
        assert next(events).name == "end"


def test_who_comes_again_goes_on_where_they_were(watched: FlaskClient, held: HeldExecutor) -> None:
    location = send(watched).headers["Location"]
    reports = held.reports[held.begun().id]
    assert reports.on_segments
    assert reports.on_restart
    reports.on_segments([said(0), said(1)])
    with stream_of(watched, location) as events:
        heard = until(events, "segments")
    reports.on_segments([said(2)])
    with stream_of(watched, location, last=heard.id) as events:
        again = until(events, "segments")
        assert again.data == {"first": 2, "segments": [shape(2)]}
    reports.on_restart(1)
    reports.on_segments([said(5)])
    with stream_of(watched, location, last=again.id) as events:
        assert [next(events).name for _ in range(2)] == ["restart", "segments"]
    with stream_of(watched, location, last="no such place") as events:
        assert until(events, "segments").data == {"first": 0, "segments": [shape(5)]}


def test_a_job_that_waits_says_how_many_are_before_it(watched: FlaskClient, held: HeldExecutor) -> None:
    send(watched)
    held.begun()
    locations = [send(watched).headers["Location"] for _ in range(2)]
    with stream_of(watched, locations[1]) as events:
        first = next(events)
        assert (first.data["state"], first.data["queue_place"]) == ("queued", 1)
        watched.delete(locations[0])
        while next(events).data["queue_place"] != 0:
            pass
        watched.delete(locations[1])
        assert until(events, "end").data["state"] == "cancelled"


def test_the_places_are_counted_and_given_back(watched: FlaskClient, held: HeldExecutor) -> None:
    location = send(watched).headers["Location"]
    with stream_of(watched, location) as events:
        next(events)
        refused = watched.get(f"{location}/events")
        assert error_of(refused)[:2] == (503, "too_many_streams")
        assert int(refused.headers["Retry-After"]) > 0
        assert watched.get(location).status_code == 200
    watched.head(f"{location}/events").close()
    watched.get(f"{location}/events", buffered=False).close()  # not one event was read
    with stream_of(watched, location) as events:
        next(events)


def test_where_anybody_may_come_one_address_leaves_places_for_others(tmp_path: Path, held: HeldExecutor) -> None:
    app = create_app(fake_settings(tmp_path, allow_anonymous=True, max_event_streams=4), held)
    client = app.test_client()
    url = f"{send(client).headers['Location']}/events"
    mine = {"X-API-Key": KeyStore(service_of(app).engine).create("x", [Scope.READ, Scope.WRITE])[0]}
    own = f"{send(client, headers=mine).headers['Location']}/events"

    def come(address: str, asked: str = url, headers: dict[str, str] | None = None) -> TestResponse:
        return client.get(asked, headers=headers, environ_overrides={"REMOTE_ADDR": address}, buffered=False)

    greedy = [come(address) for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3")]  # one network
    assert [response.status_code for response in greedy] == [200, 200, 503]
    others = [come("192.0.2.8"), come("192.0.2.7", own, mine)]
    assert [response.status_code for response in others] == [200, 200]
    for response in (*greedy, *others):
        response.close()
    service_of(app).close()


def test_a_key_that_is_revoked_ends_its_streams(watched: FlaskClient, held: HeldExecutor) -> None:
    keys = KeyStore(service_of(watched.application).engine)
    text, key = keys.create("x", [Scope.READ, Scope.WRITE])
    headers = {"Authorization": f"Bearer {text}"}
    location = send(watched, headers=headers).headers["Location"]
    held.begun()
    response = watched.get(f"{location}/events", headers=headers, buffered=False)
    events = read(response.iter_encoded())
    assert until(events, "progress").data["state"] in ("queued", "running")
    keys.revoke(key.id)
    assert [event.name for event in events if event.name == "end"] == []  # it ends, and not with the job
    response.close()


def test_a_stream_of_a_job_that_is_erased_ends(watched: FlaskClient, held: HeldExecutor) -> None:
    location = send(watched).headers["Location"]
    job = held.begun()
    with stream_of(watched, location) as events:
        next(events)
        held.end(job, Conversation(duration=0.5))
        ended(watched, location)
        assert watched.delete(location).status_code == 204
        assert [event for event in events if event.name != "progress"] == []


def live_stream(server: LiveServer, id: str, last: str = "") -> requests.Response:
    headers = {"Last-Event-ID": last} if last else {}
    return requests.get(f"{server.url}/jobs/{id}/events", headers=headers, stream=True, timeout=IN_TIME)


def live_events(response: requests.Response) -> Iterator[Event]:
    assert response.status_code == 200
    return read(response.iter_content(None))


def test_over_http_and_when_the_worker_dies(start_server: StartServer) -> None:
    server = start_server().wait_ready()
    id = post_live(server, "slow-2")
    with live_stream(server, id) as response:
        events = live_events(response)
        row = {"speaker": "SPEAKER_00", "start_time": 0.0, "end_time": 0.5, "text": SECRET}
        assert until(events, "segments").data == {"first": 0, "segments": [row]}
        os.kill(server.pids()[1], signal.SIGKILL)
        assert until(events, "restart").data == {}
        assert until(events, "segments").data == {"first": 0, "segments": [row]}
        assert until(events, "end").data["state"] == "done"
        assert next(events, None) is None


def test_events_come_while_a_stage_says_nothing_and_a_client_that_goes_frees_its_place(
    start_server: StartServer,
) -> None:
    server = start_server(max_event_streams=1).wait_ready()
    id = post_live(server, "hang")
    with live_stream(server, id) as response:
        events = live_events(response)
        until(events, "segments")
        began = time.monotonic()
        assert [next(events).name for _ in range(6)] == ["progress"] * 6
        assert time.monotonic() - began < IN_TIME / 2
        assert live_stream(server, id).status_code == 503
        assert server.status()["status"] == "ready"
    wait_until(lambda: live_stream(server, id).status_code == 200, seconds=IN_TIME / 2)


def test_a_stop_ends_streams_and_who_comes_again_is_told_what_counts(start_server: StartServer) -> None:
    server = start_server(shutdown_timeout=600).wait_ready()
    id = post_live(server, "slow-3")
    with live_stream(server, id) as response:
        events = live_events(response)
        last = until(events, "segments").id
        assert server.stop() == 0
        assert {event.name for event in events} <= {"progress"}
    (server.folder / "logs" / "diarization_api.log").unlink()
    again = start_server()
    with live_stream(again, id, last) as response:
        events = live_events(response)
        assert until(events, "restart").data == {}
        assert until(events, "segments").data["first"] == 0
        assert until(events, "end").data["state"] == "done"
