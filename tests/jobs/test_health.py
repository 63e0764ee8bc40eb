from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from executors.base import ExecutorState
from jobs.dispatcher import Dispatcher
from jobs.health import Health
from jobs.store import JobStore
from tests.fakes import fake_settings
from tests.held import HeldExecutor


class Stated(HeldExecutor):
    told = ExecutorState(ready=True)

    def state(self) -> ExecutorState:
        return self.told


class Nobody:
    """Has no jobs."""

    def job_of(self, record: Any) -> Any: ...
    def progress(self, id: str, stage: str, fraction: float) -> None: ...
    def keep(self, record: Any, result: Any) -> None: ...
    def ended(self, id: str) -> None: ...
    def look_round(self) -> None: ...


@pytest.fixture
def executor() -> Stated:
    return Stated()


@pytest.fixture
def dispatcher(engine: Engine, executor: Stated) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(JobStore(engine), executor, Nobody())
    yield dispatcher
    dispatcher.stop()
    dispatcher.join()


@pytest.fixture
def make(engine: Engine, executor: Stated, dispatcher: Dispatcher, tmp_path: Path) -> Callable[..., Health]:
    def make(ffmpeg: str = "7.0", **overrides: Any) -> Health:
        settings = fake_settings(tmp_path, **{"min_free_mb": 0} | overrides)
        settings.data_dir.mkdir(exist_ok=True)
        settings.temp_audio_dir.mkdir(exist_ok=True)
        return Health(settings, executor, JobStore(engine), dispatcher, ffmpeg)

    return make


def test_all_is_well(make: Callable[..., Health]) -> None:
    assert (make().stopped(), make().missing()) == ([], [])


def test_a_dispatcher_or_a_supervisor_that_has_ended(
    make: Callable[..., Health], executor: Stated, dispatcher: Dispatcher
) -> None:
    health = make()
    executor.told = ExecutorState(ready=True, alive=False)
    assert health.stopped() == ["The worker's supervisor has stopped."]
    dispatcher.stop()
    dispatcher.join()
    assert health.stopped() == ["The dispatcher has stopped.", "The worker's supervisor has stopped."]
    assert health.missing() == health.stopped()


def test_models_and_ffmpeg(make: Callable[..., Health], executor: Stated) -> None:
    executor.told = ExecutorState(ready=False)
    assert make().missing() == ["The models are loading."]
    executor.told = ExecutorState(ready=False, errors=("/srv/models/x.nemo is damaged",))
    assert make(ffmpeg="").missing() == ["The models cannot be loaded; see /status.", "ffmpeg was not found."]
    assert make(ffmpeg="").stopped() == []


def test_a_table_that_is_not_there(make: Callable[..., Health], engine: Engine) -> None:
    health = make()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE jobs"))
    assert health.missing() == ["The table of jobs cannot be reached or written."]
    assert health.stopped() == []


def test_disks(make: Callable[..., Health], tmp_path: Path) -> None:
    assert make(min_free_mb=10**9).missing() == [
        "DATA_DIR has less than 1000000000 MiB free.",
        "TEMP_AUDIO_DIR has less than 1000000000 MiB free.",
    ]
    health = make()
    shutil.rmtree(tmp_path / "tmp")
    assert health.missing() == ["TEMP_AUDIO_DIR cannot be read."]
