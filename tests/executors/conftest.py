from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import executors.local
from executors.local import LocalExecutor
from jobs.job import Job
from pipeline.types import Options
from tests.fakes import MakeJob, StartExecutor, fake_settings, wav


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors.local, "RELOAD_DELAY", 0.3)


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    """make_job(name): a job whose name says what the fake processor does with it."""
    path = tmp_path / "audio.wav"
    path.write_bytes(wav())

    def make(name: str = "audio", **options: Any) -> Job:
        return Job(id=f"job-{name}", audio=path, options=Options(**options), name=name, warnings=("on the way in",))

    return make


@pytest.fixture
def start_executor(tmp_path: Path) -> Iterator[StartExecutor]:
    """start_executor(factory, **settings): a LocalExecutor over tests.fakes, closed after the test."""
    started: list[LocalExecutor] = []

    def start(factory: str = "load", **overrides: Any) -> LocalExecutor:
        started.append(LocalExecutor(fake_settings(tmp_path, **overrides), factory=f"tests.fakes:{factory}"))
        return started[-1]

    yield start
    for executor in started:
        executor.close()
