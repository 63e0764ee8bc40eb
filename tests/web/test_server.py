"""The whole service in its real processes: ``tests/live_server.py`` differs from ``app.py`` in its models alone."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from app import create_app
from executors.inline import InlineExecutor
from tests.fakes import SECRET, FakeProcessor, fake_settings, files_below, wait_until, wav
from tests.web.conftest import LiveServer, StartServer
from web.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """For tests that need no start and no stop of their own."""
    server = LiveServer(tmp_path_factory.mktemp("server"), max_queue=1).wait_ready()
    yield server
    server.stop()


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_recording_over_http(server: LiveServer) -> None:
    response = server.post("confidential-name", num_speakers=2)
    assert response.status_code == 200
    assert response.json()["conversation"][0]["text"] == SECRET
    web, worker = server.pids()
    assert response.json()["warnings"][0] == f"1 channels, 2 speakers, process {worker}"
    assert server.temp_files() == []
    log = server.log
    request, job = re.search(r"request=(\w+) job=(\w+) jobs.intake: Job accepted", log).groups()  # type: ignore[union-attr]
    assert response.headers["X-Request-ID"] == request
    assert f"job={job} jobs.follower: Job done" in log
    assert f" {web} request={request} job={job} web.traffic: POST /diarize -> 200" in log
    assert SECRET not in log
    assert "confidential" not in log


def test_the_status_is_answered_while_the_worker_is_busy(server: LiveServer) -> None:
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(server.post, "busy-1.5")
        wait_until(lambda: server.status()["queue"]["running"])
        for _ in range(20):
            assert server.status()["status"] == "ready"
        assert not busy.done()
        assert busy.result().status_code == 200
    assert server.status()["queue"] == {"waiting": 0, "running": 0, "limit": 1}


def test_a_request_survives_the_death_of_the_worker(server: LiveServer) -> None:
    _, worker = server.pids()
    restarts = server.status()["worker_restarts"]
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.post, "slow-1")
        wait_until(lambda: server.status()["queue"]["running"])
        os.kill(worker, signal.SIGKILL)
        assert running.result().status_code == 200
    assert server.status()["worker_restarts"] == restarts + 1
    poisoned = server.post("crash")
    assert (poisoned.status_code, poisoned.json()["error"]["code"]) == (500, "worker_failed")
    assert server.post().status_code == 200
    assert server.temp_files() == []


def test_a_full_queue_says_when_to_come_back(server: LiveServer) -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(server.post, "slow-1")
        wait_until(lambda: server.status()["queue"]["running"])
        second = pool.submit(server.post, "slow-0.1")
        wait_until(lambda: server.status()["queue"]["waiting"])
        refused = server.post()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "queue_full")
        assert int(refused.headers["Retry-After"]) >= 1
        assert first.result().status_code == second.result().status_code == 200
    assert server.post().status_code == 200
    assert server.temp_files() == []


def test_a_client_that_leaves_the_queue_takes_its_job_back(server: LiveServer) -> None:
    restarts = server.wait_ready().status()["worker_restarts"]
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.post, "slow-2.5")
        wait_until(lambda: server.status()["queue"]["running"])
        request = requests.Request("POST", f"{server.url}/diarize", files={"audio": ("crash.wav", wav())}).prepare()
        assert isinstance(request.body, bytes)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
            client.sendall(f"POST /diarize HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() + request.body)
            wait_until(lambda: server.status()["queue"]["waiting"])
        wait_until(lambda: server.status()["queue"]["waiting"] == 0)
        assert not running.done()
        assert running.result().status_code == 200
    assert server.status()["worker_restarts"] == restarts, "the job that was left behind never ran"


def test_while_models_load_the_status_says_so_and_requests_wait(start_server: StartServer) -> None:
    server = start_server("load_slowly")
    response = requests.get(f"{server.url}/status", timeout=10)
    assert response.status_code == 503
    assert response.json()["status"] == "loading"
    assert response.json()["nemo_components_loaded"] is False
    assert server.post().status_code == 200
    assert server.status()["status"] == "ready"


def test_models_that_cannot_be_loaded(start_server: StartServer) -> None:
    server = start_server("load_when_allowed")
    wait_until(lambda: server.status()["status"] == "error")
    assert server.status()["errors"] == ["The model file is missing."]
    refused = server.post()
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_stop_lets_running_requests_finish(start_server: StartServer) -> None:
    server = start_server(shutdown_timeout=20).wait_ready()
    pids = server.pids()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.post, "slow-1")
        wait_until(lambda: server.status()["queue"]["running"])
        assert server.stop() == 0
        assert running.result().status_code == 200
    assert all(map(is_gone, pids))
    assert list((server.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_cuts_what_takes_too_long(start_server: StartServer, sign: signal.Signals) -> None:
    server = start_server(shutdown_timeout=1).wait_ready()
    pids = server.pids()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.post, "hang")
        wait_until(lambda: server.status()["queue"]["running"])
        server.process.send_signal(sign)
        assert server.process.wait(timeout=20) == 0
        if sign == signal.SIGTERM:
            assert (running.result().status_code, running.result().json()["error"]["code"]) == (503, "not_ready")
        else:
            assert running.exception() or running.result().status_code == 503
    assert all(map(is_gone, pids))
    assert list((server.folder / "tmp").iterdir()) == []


def test_a_power_cut_leaves_no_process_and_the_next_start_no_file(start_server: StartServer) -> None:
    server = start_server().wait_ready()
    web, worker = server.pids()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.post, "hang")
        wait_until(lambda: server.status()["queue"]["running"])
        server.process.kill()
        os.kill(web, signal.SIGKILL)
        assert isinstance(running.exception(), requests.ConnectionError)
    wait_until(lambda: is_gone(worker))
    assert files_below(server.folder / "data" / "jobs") != []
    (server.folder / "logs" / "diarization_api.log").unlink()
    server.process.wait()
    again = start_server().wait_ready()
    assert again.temp_files() == []
    # Nobody waits for it any longer.
    wait_until(lambda: requests.get(f"{again.url}/jobs", timeout=10).json()["jobs"][0]["state"] == "cancelled")


@pytest.mark.parametrize(
    "lines", ["GET /?hunter2 HTTP/9.9", "GET /status HTTP/1.1\r\nhunter2 : hunter2", "hunter2", "GET /hunter2"]
)
def test_what_is_no_http_is_logged_without_what_it_says(server: LiveServer, lines: str) -> None:
    before = len(server.log)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"{lines}\r\n\r\n".encode())
        assert b" 400 " in client.recv(4096)
    wait_until(lambda: "request=- job=- gunicorn.error: Invalid request from ip=127.0.0.1" in server.log[before:])
    assert "hunter2" not in server.log


def test_a_service_that_cannot_start_says_why_in_the_log_alone(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    # Not those that libraries have left there, with a stream that an earlier test has closed.
    monkeypatch.setattr(logging.getLogger(), "handlers", [caplog.handler])
    settings = fake_settings(tmp_path, data_dir="/dev/null/hunter2")
    with pytest.raises(SystemExit) as ended:
        Server(settings, lambda: create_app(settings, InlineExecutor(FakeProcessor()))).load()
    assert ended.value.code == 3, "gunicorn gives up at this code, and does not start another process"
    assert "NotADirectoryError" in caplog.text
    assert "hunter2" not in caplog.text + capsys.readouterr().err


def test_a_web_process_that_dies_is_replaced_with_its_worker(start_server: StartServer) -> None:
    server: LiveServer = start_server().wait_ready()
    web, worker = server.pids()
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: is_gone(worker) and server.pids() != (web, worker))
    server.wait_ready()
    assert server.post().status_code == 200


def test_the_kernel_gives_up_a_client_that_is_silent_or_whose_machine_is_gone(tmp_path: Path) -> None:
    """The limits are the listener's, and pass to each connection."""
    settings = fake_settings(tmp_path, upload_timeout=7)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arbiter = SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)])
        Server(settings, lambda: create_app(settings, InlineExecutor(FakeProcessor())))._limit_silence(arbiter)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
            for limit in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                assert struct.unpack("@ll", ours.getsockopt(socket.SOL_SOCKET, limit, 16)) == (7, 0)
