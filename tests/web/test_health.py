from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from executors.base import ExecutorState
from tests.fakes import fake_settings, wait_until
from tests.held import HeldExecutor
from tests.web.conftest import LiveServer, StartServer
from web.context import service_of


class Loading(HeldExecutor):
    def state(self) -> ExecutorState:
        return ExecutorState(ready=False)


@pytest.mark.parametrize(("path", "word"), [("/healthz", "alive"), ("/readyz", "ready")])
def test_all_is_well(client: FlaskClient, path: str, word: str) -> None:
    assert (client.get(path).status_code, client.get(path).get_json()) == (200, {"status": word})
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")


def test_models_that_load_are_no_reason_for_a_restart(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, min_free_mb=10**9), Loading())
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["error"] == {
        "code": "not_ready",
        "message": "The models are loading. DATA_DIR has less than 1000000000 MiB free. "
        "TEMP_AUDIO_DIR has less than 1000000000 MiB free.",
        "field": None,
    }
    assert str(tmp_path) not in answer.text
    assert client.head("/readyz").status_code == 503
    service_of(app).close()


def test_a_service_that_has_stopped(app: Flask, client: FlaskClient) -> None:
    service_of(app).close()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (503, "The dispatcher has stopped.")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_quiet(app: Flask, path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    service_of(app).close()
    caplog.clear()
    app.test_client().get(path)
    assert caplog.text == ""
    caplog.set_level(logging.DEBUG, "web.traffic")
    app.test_client().get(path)
    assert f"GET {path} -> " in caplog.text


def test_a_worker_that_dies_makes_the_service_unready_and_not_dead(start_server: StartServer) -> None:
    server = start_server("load_held", min_free_mb=0)
    wait_until(lambda: ready(server))
    (server.folder / "hold").touch()
    os.kill(server.pids()[1], signal.SIGKILL)
    wait_until(lambda: not ready(server))
    assert "The models are loading." in requests.get(f"{server.url}/readyz", timeout=10).text
    assert requests.get(f"{server.url}/healthz", timeout=10).json() == {"status": "alive"}
    (server.folder / "hold").unlink()
    wait_until(lambda: ready(server))


def ready(server: LiveServer) -> bool:
    return requests.get(f"{server.url}/readyz", timeout=10).status_code == 200
