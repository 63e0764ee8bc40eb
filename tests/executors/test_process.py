from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from executors.process import QUIET, WorkerDied, WorkerProcess
from executors.readiness import Readiness
from settings import load_settings
from tests.fakes import SECRET, fake_settings

LOAD = 30  # seconds
HIDDEN = "a secret of more than 24 bytes"


@pytest.fixture
def worker(tmp_path: Path):
    process = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load")
    yield process
    process.close()


def test_it_is_a_fresh_interpreter_with_telemetry_off(worker: WorkerProcess) -> None:
    assert worker.receive(LOAD) == {"kind": "ready", "models": {"words": "fake"}, "together": 1}
    arguments = Path(f"/proc/{worker.pid}/cmdline").read_text().split("\0")
    assert "executors.worker" in arguments, "spawned by its own command line, not forked"
    environment = Path(f"/proc/{worker.pid}/environ").read_text().split("\0")
    assert {f"{name}={value}" for name, value in QUIET.items()} <= set(environment)


def test_secrets_of_the_service_do_not_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor masks in their place, which would be bad settings, nor by what it reads itself."""
    sent, send = list[Any](), WorkerProcess.send
    monkeypatch.setattr(WorkerProcess, "send", lambda self, message: sent.append(message) or send(self, message))
    for name, value in (("WEBHOOK_SECRET", HIDDEN), ("database_url", f"postgresql://u:{HIDDEN}@h/d"),
                        ("PGPASSWORD", HIDDEN), ("WEBHOOK_TIMEOUT", "7")):  # fmt: skip
        monkeypatch.setenv(name, value)
    worker = WorkerProcess(settings := fake_settings(tmp_path), "tests.fakes:load")
    assert worker.receive(LOAD)["kind"] == "ready"
    environment = Path(f"/proc/{worker.pid}/environ").read_text()
    worker.close()
    assert HIDDEN in settings.webhook_secret.get_secret_value()
    assert HIDDEN in settings.database_url.get_secret_value()
    assert "WEBHOOK_TIMEOUT=7" in environment
    assert HIDDEN not in environment + str(sent)
    read = load_settings(**sent[0]["settings"])  # as it does, where .env has what the environment has here
    assert (read.webhook_timeout, read.webhook_key, read.database_url.get_secret_value()) == (7, b"", "")


def test_what_is_printed_there_goes_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load_talkative")
    assert worker.receive(LOAD)["kind"] == "ready"
    worker.close()
    assert SECRET not in capfd.readouterr().out


def test_it_leads_its_own_process_group(worker: WorkerProcess) -> None:
    worker.receive(LOAD)
    assert os.getpgid(worker.pid) == worker.pid
    assert os.getpgid(worker.pid) != os.getpgid(0)


def test_what_is_said_while_loading_is_kept_and_does_not_make_loading_longer(tmp_path: Path) -> None:
    worker = WorkerProcess(fake_settings(tmp_path), "tests.fakes:load_for_ever")
    worker._load_timeout, worker._loads_since = 0.5, None  # from its first message on, however long its start took
    with pytest.raises(WorkerDied, match=r"still loading after 0\.5 s"):
        worker.receive(LOAD)
    assert worker.readiness == Readiness("endless", {"vad": "loading"})
    worker.close()
    assert worker.readiness.stages == {"vad": "failed"}


def test_silence_and_death_are_told_apart(worker: WorkerProcess) -> None:
    worker.receive(LOAD)
    with pytest.raises(WorkerDied, match=r"no sign of life for 0\.1 s"):
        worker.receive(0.1)
    assert worker.alive()
    os.kill(worker.pid, signal.SIGTERM)
    with pytest.raises(WorkerDied, match="killed by SIGTERM"):
        worker.receive(10)
    with pytest.raises(WorkerDied):
        worker.send({})
    assert not worker.alive()


def test_kill_is_quick_and_harmless_twice(worker: WorkerProcess) -> None:
    worker.receive(LOAD)
    began = time.monotonic()
    worker.kill()
    worker.kill()
    assert time.monotonic() - began < 2
    assert not worker.alive()
