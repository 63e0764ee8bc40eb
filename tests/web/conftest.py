from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from executors.inline import InlineExecutor
from settings import ROOT
from tests.fakes import FakeProcessor, fake_settings, files_below, wait_until, wav
from tests.web.conformance import Conformance
from web.context import service_of


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The app over an inline fake processor; uploads up to 1 MiB, recordings up to 6 s.

    A test fails, too, when an answer was not as /openapi.json says."""
    settings = fake_settings(tmp_path, max_upload_mb=1, max_audio_minutes=0.1)
    app = create_app(settings, InlineExecutor(FakeProcessor()))
    conformance = Conformance(app)
    yield app
    service_of(app).close()
    assert conformance.failures == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


Make = Callable[..., Flask]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """make(executor=None, **settings): an app; without an executor over an inline fake processor."""
    made: list[Flask] = []

    def make(executor: Any = None, **values: Any) -> Flask:
        own = fake_settings(tmp_path, **values)
        made.append(create_app(own, executor or InlineExecutor(FakeProcessor())))
        return made[-1]

    yield make
    for app in made:
        service_of(app).close()


class LiveServer:
    """The real server in a process of its own, over fake models in a worker process of their own."""

    def __init__(self, folder: Path, factory: str = "load", **settings: Any) -> None:
        self.folder = folder
        own = {"FLASK_HOST": "127.0.0.1", "FLASK_PORT": 0, "TEMP_AUDIO_DIR": folder / "tmp", "LOG_DIR": folder / "logs"}
        own |= {"MODEL_CACHE_DIR": folder / "cache", "DATA_DIR": folder / "data"}
        values = own | {name.upper(): value for name, value in settings.items()}
        with (folder / "console").open("ab") as console:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.live_server", factory if ":" in factory else f"tests.fakes:{factory}"],
                cwd=ROOT,
                env=os.environ | {name: str(value) for name, value in values.items()},
                stdout=console,
                stderr=console,
            )
        self.port = int(wait_until(self._listening, seconds=60)[1])  # as busy as a machine may be
        self.url = f"http://127.0.0.1:{self.port}"
        wait_until(lambda: "Worker process" in self.log, seconds=60)

    def _listening(self) -> re.Match[str] | None:
        assert self.process.poll() is None, "the server ended while it started"
        return re.search(r"Listening at: http://[0-9.]+:(\d+)", self.log)

    @property
    def log(self) -> str:
        path = self.folder / "logs" / "diarization_api.log"
        return path.read_text() if path.exists() else ""

    @property
    def console(self) -> str:
        """All that the server and its processes print."""
        return (self.folder / "console").read_text()

    def pids(self) -> tuple[int, int]:
        """The web process and its worker process."""
        found = re.findall(r" (\d+) request=\S+ job=\S+ executors.local: Worker process (\d+) started", self.log)[-1]
        return int(found[0]), int(found[1])

    def status(self) -> dict[str, Any]:
        return requests.get(f"{self.url}/status", timeout=10).json()

    def wait_ready(self) -> LiveServer:
        wait_until(lambda: self.status()["status"] == "ready", seconds=120)
        return self

    def post(self, name: str = "audio", audio: bytes = b"", **fields: Any) -> requests.Response:
        files = {"audio": (f"{name}.wav", audio or wav())}
        return requests.post(f"{self.url}/diarize", files=files, data=fields, timeout=60)

    def temp_files(self) -> list[str]:
        return files_below(self.folder / "tmp")

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=60)


def served(server: LiveServer) -> Iterator[LiveServer]:
    """For fixtures of a server that many tests share."""
    yield server.wait_ready()
    server.stop()


StartServer = Callable[..., LiveServer]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """start_server(factory, **settings): a LiveServer, stopped after the test."""
    started: list[LiveServer] = []

    def start(factory: str = "load", **settings: Any) -> LiveServer:
        started.append(LiveServer(tmp_path, factory, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()
