from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from pipeline.types import Conversation
from tests.fakes import IN_TIME, SECRET, fake_settings, files_below, wait_until, wav
from tests.held import HeldExecutor
from tests.web.conftest import StartServer
from tests.web.test_diarize import error_of
from web.context import service_of
from web.prefer import Preference, read_preference


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Preference()),
        ("", Preference()),
        ("return=minimal, handling=lenient", Preference()),
        ("respond-async", Preference(respond_async=True)),
        ("Respond-Async; foo=bar", Preference(respond_async=True)),
        ("wait=10", Preference(wait=10)),
        ('return=minimal,respond-async , Wait = "10"; x', Preference(respond_async=True, wait=10)),
        ("wait=3, wait=100", Preference(wait=3)),
        ("wait=soon", Preference()),
        ("wait=-1", Preference()),
        ("wait=1e3, respond-asynchronously", Preference()),
        (f"wait={'9' * 5000}", Preference()),
    ],
)
def test_what_clients_write(header: str | None, expected: Preference) -> None:
    assert read_preference(header) == expected


@pytest.mark.parametrize(
    ("preference", "timeout", "patience"),
    [
        (Preference(), 0, None),
        (Preference(), 55, 55),
        (Preference(respond_async=True), 55, 0),
        (Preference(respond_async=True), 0, 0),
        (Preference(respond_async=True, wait=10), 0, 10),
        (Preference(wait=10), 0, 10),
        (Preference(wait=0), 55, 0),
        (Preference(wait=100), 55, 55),
    ],
)
def test_a_client_can_make_the_wait_shorter_and_not_longer(
    preference: Preference, timeout: float, patience: float | None
) -> None:
    assert preference.patience(timeout) == patience


def test_what_was_applied_is_named() -> None:
    assert [Preference(a, w).applied for a in (True, False) for w in (7, None)] == [
        "respond-async, wait=7", "respond-async", "wait=7", ""
    ]  # fmt: skip


@pytest.fixture
def held() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture(params=[0.0])
def client(request: pytest.FixtureRequest, held: HeldExecutor, tmp_path: Path) -> Iterator[FlaskClient]:
    """Over jobs that end when the test says so; the parameter is SYNC_TIMEOUT."""
    app = create_app(fake_settings(tmp_path, sync_timeout=request.param), held)
    yield app.test_client()
    service_of(app).close()


def post(client: FlaskClient, prefer: str = "", **fields: Any) -> TestResponse:
    data = {"audio": (io.BytesIO(wav()), "a.wav"), **fields}
    return client.post("/diarize", data=data, headers={"Prefer": prefer} if prefer else {})


def get(client: FlaskClient, url: str) -> dict[str, Any]:
    return json.loads(client.get(url).text)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=0", "respond-async, wait=0"])
def test_who_does_not_wait_gets_the_job_as_from_post_jobs(client: FlaskClient, held: HeldExecutor, prefer: str) -> None:
    answer = post(client, prefer, metadata='{"case": 7}', unknown="x")
    job = json.loads(answer.text)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, prefer)
    assert answer.headers["Location"] == f"/jobs/{job['id']}"
    assert (job["metadata"], job["warnings"]) == ({"case": 7}, ["Unknown field ignored: unknown"])
    held.end(held.begun(), Conversation(duration=0.5))
    wait_until(lambda: get(client, f"/jobs/{job['id']}")["state"] == "done")


def test_bad_input_is_refused_as_ever(client: FlaskClient, tmp_path: Path) -> None:
    for prefer in ("respond-async", "wait=1"):
        assert error_of(client.post("/diarize", headers={"Prefer": prefer})) == (400, "missing_audio", "audio")
        assert error_of(post(client, prefer, num_speakers="0")) == (400, "invalid_option", "num_speakers")
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(("client", "prefer"), [(0.0, "wait=1"), (0.5, ""), (0.5, "wait=100")], indirect=["client"])
def test_who_has_waited_long_enough_gets_the_job_which_goes_on(
    client: FlaskClient, held: HeldExecutor, prefer: str
) -> None:
    answer = post(client, prefer, unknown="x")
    location = answer.headers["Location"]
    assert (answer.status_code, answer.headers.get("Preference-Applied", "")) == (202, prefer)
    assert json.loads(answer.text)["state"] == "running"
    held.end(held.begun(), Conversation(duration=0.5))
    wait_until(lambda: get(client, location)["state"] == "done")
    assert get(client, f"{location}/result")["duration"] == 0.5
    assert "Unknown field ignored: unknown" in held.jobs[0].warnings


@pytest.mark.parametrize(("client", "prefer"), [(0.0, f"wait={IN_TIME}"), (IN_TIME, "")], indirect=["client"])
def test_a_result_that_comes_in_time_is_the_answer(client: FlaskClient, held: HeldExecutor, prefer: str) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(post, client, prefer)
        held.end(held.begun(), Conversation(duration=0.5))
        assert waiting.result().status_code == 200
    assert json.loads(waiting.result().text)["duration"] == 0.5
    assert "Preference-Applied" not in waiting.result().headers


def test_a_job_that_was_let_go_outlives_its_server(start_server: StartServer) -> None:
    server = start_server().wait_ready()
    files = {"audio": ("slow-3.wav", wav())}
    answer = requests.post(f"{server.url}/diarize", files=files, headers={"Prefer": "wait=1"}, timeout=IN_TIME)
    assert answer.status_code == 202
    web, worker = server.pids()
    server.process.kill()
    for pid in (web, worker):
        os.kill(pid, signal.SIGKILL)
    server.process.wait()
    (server.folder / "logs" / "diarization_api.log").unlink()
    again = start_server()
    url = f"{again.url}/jobs/{answer.json()['id']}"
    wait_until(lambda: requests.get(url, timeout=10).json()["state"] == "done", seconds=IN_TIME)
    result = requests.get(f"{url}/result", timeout=10).json()
    assert result["conversation"][0]["text"] == SECRET
