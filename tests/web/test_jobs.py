from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import soundfile
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from executors.inline import InlineExecutor
from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import IN_TIME, SECRET, FakeProcessor, fake_settings, files_below, wait_until, wav
from tests.held import HeldExecutor
from tests.web.conftest import LiveServer, StartServer
from tests.web.test_diarize import error_of
from web.context import service_of


def send(
    client: FlaskClient,
    filename: str = "audio.wav",
    sound: bytes | None = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> TestResponse:
    """key: an Idempotency-Key."""
    file = (io.BytesIO(wav() if sound is None else sound), filename)
    given = dict(headers or {}) | ({} if key is None else {"Idempotency-Key": key})
    return client.post("/jobs", data={"audio": file, **fields}, headers=given)


def ended(client: FlaskClient, location: str) -> dict[str, Any]:
    return wait_until(lambda: (job := get(client, location))["ended_at"] and job)


def get(client: FlaskClient, url: str) -> dict[str, Any]:
    response = client.get(url)
    assert response.status_code == 200, response.text
    return json.loads(response.text)


def test_a_job_is_accepted_at_once_and_its_result_is_fetched_in_any_format(client: FlaskClient) -> None:
    accepted = send(client, "My meeting.wav", metadata='{"case": 7}', unknown="x")
    assert accepted.status_code == 202
    job = ended(client, accepted.headers["Location"])
    assert accepted.headers["Location"] == f"/jobs/{job['id']}"
    assert (job["state"], job["percent"], job["error"], job["attempts"]) == ("done", 100.0, None, 1)
    assert (job["metadata"], job["duration"]) == ({"case": 7}, 0.5)
    body = get(client, f"/jobs/{job['id']}/result?words=true")
    assert body["conversation"][0]["text"] == SECRET
    assert len(body["conversation"][0]["words"]) == 1
    assert "Unknown field ignored: unknown" in body["warnings"]
    rttm = client.get(f"/jobs/{job['id']}/result?format=rttm")
    assert (rttm.mimetype, rttm.text.split()[:2]) == ("text/x-rttm", ["SPEAKER", "My_meeting"])
    srt = client.get(f"/jobs/{job['id']}/result", headers={"Accept": "application/x-subrip"})
    assert SECRET in srt.text


def test_a_failed_job_says_why_also_in_place_of_its_result(client: FlaskClient) -> None:
    job = ended(client, send(client, "silence.wav").headers["Location"])
    assert (job["state"], job["error"]["code"]) == ("failed", "empty_audio")
    assert error_of(client.get(f"/jobs/{job['id']}/result")) == (422, "empty_audio", None)


def test_bad_input_is_refused_before_there_is_a_job(client: FlaskClient, tmp_path: Path) -> None:
    assert error_of(client.post("/jobs"))[1] == "missing_audio"
    assert error_of(send(client, sound=b"no sound" * 99))[0] == 415
    for field, values in {
        "num_speakers": ["0", "x"],
        "metadata": ["[1]", "{", '{"a": NaN}', f'"{"x" * 20_000}"'],
    }.items():
        for value in values:
            assert error_of(send(client, **{field: value})) == (400, "invalid_option", field)
    for key in ("", "x" * 256):
        assert error_of(send(client, key=key)) == (400, "invalid_option", "Idempotency-Key")
    assert get(client, "/jobs") == {"jobs": [], "next": None}
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    "url", ["/jobs/nothing", f"/jobs/{'0' * 32}", "/jobs/..%2F..%2Fetc", f"/jobs/{'0' * 32}/result"]
)
def test_an_unknown_job(client: FlaskClient, url: str) -> None:
    assert error_of(client.get(url))[0] == 404
    assert error_of(client.delete(url.removesuffix("/result")))[0] == 404


def test_pages(client: FlaskClient) -> None:
    ids = [json.loads(send(client).text)["id"] for _ in range(3)]
    for id in ids:
        ended(client, f"/jobs/{id}")
    first = get(client, "/jobs?limit=2")
    assert [job["id"] for job in first["jobs"]] == ids[:0:-1]
    second = get(client, f"/jobs?limit=2&before={first['next']}")
    assert ([job["id"] for job in second["jobs"]], second["next"]) == (ids[:1], None)
    assert len(get(client, "/jobs?state=done,failed")["jobs"]) == 3
    assert get(client, "/jobs?state=queued")["jobs"] == []
    for query, field in {
        "state=gone": "state",
        "limit=0": "limit",
        "limit=201": "limit",
        "before=-1": "before",
    }.items():
        assert error_of(client.get(f"/jobs?{query}")) == (400, "invalid_option", field)


def test_the_same_key_is_the_same_job_and_another_request_under_it_is_refused(
    client: FlaskClient, tmp_path: Path
) -> None:
    one, same = (json.loads(send(client, key="k", num_speakers="2").text)["id"] for _ in range(2))
    assert one == same
    assert len(get(client, "/jobs")["jobs"]) == 1
    for other in ({"num_speakers": "3"}, {"num_speakers": "2", "sound": wav(seconds=1)}, {"metadata": '{"a": 1}'}):
        assert error_of(send(client, key="k", **other)) == (422, "idempotency_key_reused", "Idempotency-Key")
    assert json.loads(send(client, key="other").text)["id"] != one
    assert files_below(tmp_path / "tmp") == []


def test_its_audio_and_parts_of_it(client: FlaskClient) -> None:
    job = ended(client, send(client, sound=wav(seconds=1, rate=8_000, channels=2)).headers["Location"])
    url = f"/jobs/{job['id']}/audio"
    whole = client.get(url)
    assert soundfile.info(io.BytesIO(whole.data)).samplerate == 16_000
    part = client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}"
    for wrong in ("bytes=9999999-", "bytes=5-2"):
        refused = client.get(url, headers={"Range": wrong})
        assert error_of(refused)[0] == 416
        assert refused.headers["Content-Range"] == f"bytes */{len(whole.data)}"


def test_its_audio_is_sent_however_old_a_clients_copy_is(client: FlaskClient) -> None:
    """As /openapi.json says: nothing is to be kept, so there is no 304."""
    url = f"{send(client).headers['Location']}/audio"
    wait_until(lambda: client.get(url.removesuffix("/audio")).get_json()["ended_at"])
    whole, later = client.get(url), "Fri, 31 Dec 9999 23:59:59 GMT"
    assert "Last-Modified" not in whole.headers
    for asked in ({"If-Modified-Since": later}, {"If-None-Match": "*"}, {"If-Range": later, "Range": "bytes=1-2"}):
        again = client.get(url, headers=asked)
        assert (again.status_code, again.data) == (200, whole.data)


def test_audio_that_is_erased_while_it_is_asked_for(client: FlaskClient, tmp_path: Path) -> None:
    job = ended(client, send(client).headers["Location"])
    shutil.rmtree(tmp_path / "data" / "jobs" / job["id"])
    assert error_of(client.get(f"/jobs/{job['id']}/audio"))[:2] == (404, "unknown_job")


def test_what_postgresql_cannot_take(empty_postgres_url: str, tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, database_url=empty_postgres_url), InlineExecutor(FakeProcessor()))
    client, nul = app.test_client(), r'{"\u0000": "\u0000\ud800"}'
    for path in ("/jobs/%00", "/jobs/%00/result", "/jobs/%00/audio", "/jobs/%00/events", f"/jobs/{'0' * 31}%00"):
        assert error_of(client.get(path))[:2] == (404, "unknown_job")
    assert error_of(client.delete("/jobs/%00"))[:2] == (404, "unknown_job")
    assert get(client, f"/jobs?before={2**31 - 1}")["jobs"] == []
    assert error_of(client.get(f"/jobs?before={2**31}")) == (400, "invalid_option", "before")
    assert error_of(send(client, key="a\0b")) == (400, "invalid_option", "Idempotency-Key")
    odd: dict[str, Any] = {"metadata": nul, "keyterms": "a\0b", "\0": "x"}
    job = ended(client, send(client, "a\0b.wav", key="\xe9", **odd).headers["Location"])
    assert (job["state"], job["metadata"]) == ("done", json.loads(nul))
    assert get(client, f"/jobs/{job['id']}/result")["conversation"]
    service_of(app).close()


def test_a_request_that_is_repeated_needs_no_room(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, max_queue=1, max_pending_per_key=2), held := HeldExecutor())
    service, client = service_of(app), app.test_client()
    key = {"Authorization": f"Bearer {KeyStore(service.engine).create('x', (Scope.READ, Scope.WRITE))[0]}"}
    jobs = [json.loads(send(client, key=name, headers=key).text)["id"] for name in "ab"]
    held.begun()
    assert error_of(send(client, key="c", headers=key))[:2] == (429, "too_many_pending")
    again = send(client, key="b", headers=key)
    assert (again.status_code, json.loads(again.text)["id"]) == (202, jobs[1])
    assert error_of(send(client, key="b", headers=key, num_speakers="2"))[:2] == (422, "idempotency_key_reused")
    service.close()


def test_on_a_full_queue_a_repeated_request_gets_its_job(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, max_queue=1), HeldExecutor())
    client = app.test_client()
    jobs = [json.loads(send(client, key=name).text)["id"] for name in "ab"]
    assert error_of(send(client, key="c"))[:2] == (503, "queue_full")
    assert [json.loads(send(client, key=name).text)["id"] for name in "ab"] == jobs
    assert error_of(send(client))[:2] == (503, "queue_full")
    service_of(app).close()


def test_erasing_a_job_leaves_nothing(client: FlaskClient, tmp_path: Path) -> None:
    location = send(client).headers["Location"]
    ended(client, location)
    assert files_below(tmp_path / "data" / "jobs") != []
    assert client.delete(location).status_code == 204
    assert error_of(client.delete(location))[0] == 404
    assert list((tmp_path / "data" / "jobs").iterdir()) == []


def test_a_cancelled_job_has_no_files_and_is_erased_by_a_second_delete(tmp_path: Path) -> None:
    held = HeldExecutor()
    app = create_app(fake_settings(tmp_path, together=1), held)
    client = app.test_client()
    running, waiting = (send(client).headers["Location"] for _ in range(2))
    held.begun()

    def check(location: str) -> None:
        folder = tmp_path / "data" / location.removeprefix("/")
        assert folder.exists()
        assert client.delete(location).status_code == 202
        wait_until(lambda: not folder.exists(), seconds=5)
        assert json.loads(client.get(location).text)["state"] == "cancelled"
        recording = client.get(f"{location}/audio")
        assert error_of(recording)[:2] == (404, "unknown_job")
        assert "was cancelled" in recording.text
        assert error_of(client.get(f"{location}/result"))[:2] == (409, "unfinished")
        assert client.delete(location).status_code == 204
        assert error_of(client.delete(location))[:2] == (404, "unknown_job")

    check(waiting)
    check(running)
    service_of(app).close()


def post(server: LiveServer, name: str) -> str:
    answer = requests.post(f"{server.url}/jobs", files={"audio": (f"{name}.wav", wav())}, timeout=60)
    assert answer.status_code == 202
    return answer.json()["id"]


def shown(server: LiveServer, id: str) -> dict[str, Any]:
    return requests.get(f"{server.url}/jobs/{id}", timeout=10).json()


def test_running_and_waiting_jobs_are_shown_and_cancelled(start_server: StartServer) -> None:
    server = start_server().wait_ready()
    running, *waiting = (post(server, name) for name in ("slow-60", *["audio"] * 9))
    wait_until(lambda: shown(server, running)["stage"] == "words")
    job = shown(server, running)
    assert (job["state"], job["percent"]) == ("running", 72.5)
    assert job["seconds_left"] is not None
    assert (shown(server, waiting[-1])["state"], shown(server, waiting[-1])["queue_place"]) == ("queued", 8)
    result = requests.get(f"{server.url}/jobs/{running}/result", timeout=10)
    assert (result.status_code, result.json()["error"]["code"]) == (409, "unfinished")
    for id in (waiting[-1], running):
        assert requests.delete(f"{server.url}/jobs/{id}", timeout=10).status_code == 202
    assert shown(server, waiting[-1])["state"] == "cancelled"
    wait_until(lambda: shown(server, running)["state"] == "cancelled", seconds=5)
    wait_until(lambda: shown(server, waiting[0])["state"] == "done", seconds=IN_TIME)
    assert server.status()["worker_restarts"] == 0


@pytest.mark.parametrize("who", ["worker", "web", "both"])
def test_what_was_accepted_is_done_once_whoever_is_killed(start_server: StartServer, who: str) -> None:
    server = start_server().wait_ready()
    ids = [post(server, name) for name in ("slow-3", "audio", "slow-1", "audio")]
    wait_until(lambda: shown(server, ids[0])["stage"])
    web, worker = server.pids()
    if who != "worker":
        server.process.kill()  # first: it would start another web process
    for pid in {"worker": (worker,), "web": (web,), "both": (web, worker)}[who]:
        os.kill(pid, signal.SIGKILL)
    if who != "worker":
        server.process.wait()
        (server.folder / "logs" / "diarization_api.log").unlink()  # which tells the port, too
        server = start_server()
    for id in ids:
        wait_until(lambda id=id: shown(server, id)["state"] == "done", seconds=IN_TIME)
        result = requests.get(f"{server.url}/jobs/{id}/result", timeout=10).json()
        assert result["conversation"][0]["text"] == SECRET
    assert [job["id"] for job in requests.get(f"{server.url}/jobs", timeout=10).json()["jobs"]] == ids[::-1]
    # A claim that was cut off in the middle may have left a file of its own.
    kept = {name.partition("/")[0] for name in files_below(server.folder / "data" / "jobs") if name.endswith(".json")}
    assert kept == set(ids)


def test_diarize_goes_the_same_way(app: Flask, client: FlaskClient) -> None:
    service = service_of(app)
    assert client.post("/diarize", data={"audio": (io.BytesIO(wav()), "a.wav")}).status_code == 200
    assert [job.state for job in service.jobs("")] == ["done"]
