"""What was accepted is done once, whoever is killed or stopped meanwhile, and however often."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update

from jobs.database import open_database
from jobs.tables import jobs
from tests.fakes import SECRET, wait_until, wav
from tests.postgres import find_postgres, postgres
from tests.web.conftest import LiveServer, StartServer

JOBS = 20
KILLS = {"worker": 20, "web": 3, "both": 3}
PATIENCE = 120  # s


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def seconds_of(number: int) -> float:
    """Of the recording: each has a length of its own, by which its result is known."""
    return 0.5 + number / 20


class Sender(threading.Thread):
    """Sends recordings until each is accepted, as a careful client does: again and again under one key."""

    def __init__(self, url: str, seed: str) -> None:
        super().__init__(daemon=True)
        self._url, self._random = url, random.Random(seed)
        self.accepted = list[str]()
        self.start()

    def run(self) -> None:
        for number in range(JOBS):
            while not self._accepted(number):
                time.sleep(0.1)
            time.sleep(self._random.uniform(0, 1.5))

    def _accepted(self, number: int) -> bool:
        with suppress(requests.RequestException):
            files = {"audio": ("slow-0.3.wav", wav(seconds_of(number)))}
            headers = {"Idempotency-Key": f"recording {number}"}
            answer = requests.post(f"{self._url}/jobs", files=files, headers=headers, timeout=PATIENCE)
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])
                return True
        return False


def kill(server: LiveServer, who: str) -> int:
    """-> The worker that was there."""
    web, worker = server.pids()
    if who != "worker":
        server.process.kill()  # first: it would start another web process
    for pid in {"worker": (worker,), "web": (web,), "both": (web, worker)}[who]:
        os.kill(pid, signal.SIGKILL)
    if who != "worker":
        server.process.wait()
        log = server.folder / "logs" / "diarization_api.log"
        log.rename(log.with_suffix(f".{time.monotonic_ns()}"))  # so that the next one is waited for
    return worker


def kill_some_time(server: LiveServer, who: str, moments: random.Random, dead: int) -> int:
    """Within some jobs' time of when there is somebody to kill. dead: the worker of the last time."""
    wait_until(lambda: server.pids()[1] != dead, seconds=PATIENCE)
    server.wait_ready()
    time.sleep(moments.uniform(0, 1.5))
    return kill(server, who)


def get(server: LiveServer, path: str) -> Any:
    return requests.get(f"{server.url}{path}", timeout=PATIENCE).json()


@pytest.mark.parametrize("who", list(KILLS))
def test_every_job_that_was_accepted_is_done_once(start_server: StartServer, who: str) -> None:
    settings = {"flask_port": free_port(), "job_attempts": 10}
    server = start_server(**settings)
    sender, moments, dead = Sender(server.url, who), random.Random(who), 0
    for _ in range(KILLS[who]):
        dead = kill_some_time(server, who, moments, dead)
        server = server if who == "worker" else start_server(**settings)
    sender.join(PATIENCE)
    assert len(set(sender.accepted)) == JOBS
    for number, id in enumerate(sender.accepted):
        wait_until(lambda id=id: get(server, f"/jobs/{id}")["state"] == "done", seconds=PATIENCE)
        result = get(server, f"/jobs/{id}/result")
        assert (result["conversation"][0]["text"], result["duration"]) == (SECRET, pytest.approx(seconds_of(number)))
    logs = "".join(file.read_text() for file in (server.folder / "logs").iterdir())
    assert all(logs.count(f"job={id} jobs.follower: Job done") <= 1 for id in sender.accepted)
    assert [job["id"] for job in get(server, "/jobs")["jobs"]] == sender.accepted[::-1]


def test_a_server_that_was_stopped_and_goes_on_after_its_lease_cannot_overwrite(
    start_server: StartServer, tmp_path: Path
) -> None:
    """With a second one on the same database, which has done the job meanwhile."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with postgres(programs) as url:
        shared = {"database_url": url, "data_dir": tmp_path / "shared"}
        stopped = start_server(**shared).wait_ready()
        files = {"audio": ("slow-1.wav", wav())}
        id = requests.post(f"{stopped.url}/jobs", files=files, timeout=PATIENCE).json()["id"]
        wait_until(lambda: get(stopped, f"/jobs/{id}")["attempts"] == 1)
        pids = stopped.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            end_leases(url)
            (tmp_path / "other").mkdir()
            other = LiveServer(tmp_path / "other", **shared)
            try:
                wait_until(lambda: get(other, f"/jobs/{id}")["state"] == "done", seconds=PATIENCE)
                result, job = get(other, f"/jobs/{id}/result"), get(other, f"/jobs/{id}")
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                wait_until(lambda: "taken over this job" in stopped.log, seconds=PATIENCE)
                assert (get(other, f"/jobs/{id}/result"), get(other, f"/jobs/{id}")) == (result, job)
                assert (get(stopped, f"/jobs/{id}/result"), job["attempts"]) == (result, 2)
                assert f"process {other.pids()[1]}" in result["warnings"][0]
            finally:
                other.stop()
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            stopped.stop()


def end_leases(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(update(jobs).values(lease_until=0.0))
    engine.dispose()
