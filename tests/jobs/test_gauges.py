from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from executors.base import ExecutorState
from jobs.gauges import Gauges
from jobs.record import NewJob
from jobs.store import JobStore
from settings import Settings
from tests.fakes import fake_settings
from tests.held import HeldExecutor

STATE = ExecutorState(ready=True, loaded=("offline", "sortformer"), restarts=2, retries=3)


@pytest.fixture
def store(engine: Engine) -> JobStore:
    return JobStore(engine)


class Stated(HeldExecutor):
    def __init__(self, told: ExecutorState) -> None:
        super().__init__()
        self.told = told

    def state(self) -> ExecutorState:
        return self.told


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = fake_settings(tmp_path)
    settings.data_dir.mkdir()
    return settings


@pytest.fixture
def registry(settings: Settings, store: JobStore) -> CollectorRegistry:
    return registry_of(settings, store, STATE)


def registry_of(settings: Settings, store: JobStore, state: ExecutorState) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Gauges(settings, Stated(state), store))
    return registry


def test_the_queue_is_what_the_table_has(registry: CollectorRegistry, store: JobStore, engine: Engine) -> None:
    assert registry.get_sample_value("diarization_queue_depth") == 0
    assert registry.get_sample_value("diarization_queue_oldest_age_seconds") == 0
    for id in "abcd":
        store.add(NewJob(id))
    begun = store.claim()
    assert begun is not None
    store.begin(begun, 1)
    store.cancel("d")
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET created_at = created_at - 500 WHERE id IN ('a', 'd')"))
        connection.execute(text("UPDATE jobs SET created_at = created_at - 100 WHERE id = 'c'"))
    assert registry.get_sample_value("diarization_queue_depth") == 2
    assert registry.get_sample_value("diarization_jobs_running") == 1
    assert registry.get_sample_value("diarization_queue_oldest_age_seconds") == pytest.approx(100, abs=60)
    assert registry.get_sample_value("diarization_database_up") == 1


def test_without_a_table_the_rest_is_still_told(registry: CollectorRegistry, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE jobs"))
    assert registry.get_sample_value("diarization_database_up") == 0
    assert registry.get_sample_value("diarization_queue_depth") is None
    assert registry.get_sample_value("diarization_models_ready") == 1


def test_the_worker(registry: CollectorRegistry, settings: Settings, store: JobStore) -> None:
    assert registry.get_sample_value("diarization_profiles_loaded") == 2
    assert registry.get_sample_value("diarization_worker_restarts_total") == 2
    assert registry.get_sample_value("diarization_job_retries_total") == 3
    assert registry_of(settings, store, ExecutorState(ready=False)).get_sample_value("diarization_models_ready") == 0


def test_a_folder_that_is_gone_is_left_out(registry: CollectorRegistry) -> None:
    assert (registry.get_sample_value("diarization_disk_free_bytes", {"folder": "DATA_DIR"}) or 0) > 0
    assert registry.get_sample_value("diarization_disk_free_bytes", {"folder": "TEMP_AUDIO_DIR"}) is None
