"""What is looked up when somebody asks for the figures: the queue, the worker, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from executors.base import Executor
from jobs.store import JobStore
from settings import Settings


class Gauges(Collector):
    """What cannot be looked up is left out."""

    def __init__(self, settings: Settings, executor: Executor, store: JobStore) -> None:
        self._executor, self._store = executor, store
        self._folders = {"DATA_DIR": settings.data_dir, "TEMP_AUDIO_DIR": settings.temp_audio_dir}

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._worker()
        yield self._disk()

    def _queue(self) -> Iterator[Metric]:
        try:
            backlog = self._store.backlog()
        except SQLAlchemyError:
            yield _gauge("database_up", "1 if the table of jobs can be read.", 0)
            return
        yield _gauge("database_up", "1 if the table of jobs can be read.", 1)
        yield _gauge("queue_depth", "Jobs that wait.", backlog.waiting)
        yield _gauge("queue_oldest_age_seconds", "Seconds since the oldest job that waits was stored.", backlog.oldest)
        yield _gauge("jobs_running", "Jobs in work.", backlog.running)

    def _worker(self) -> Iterator[Metric]:
        state = self._executor.state()
        yield _gauge("models_ready", "1 if the models of MODEL_CONFIG's profile can be used.", state.ready)
        yield _gauge("profiles_loaded", "Profiles whose models are in memory.", len(state.loaded))
        yield _counter("worker_restarts", "Worker processes started after the first one.", state.restarts)
        yield _counter("job_retries", "Jobs tried again after their worker process had died or hung.", state.retries)

    def _disk(self) -> Metric:
        free = GaugeMetricFamily(
            "diarization_disk_free_bytes", "Bytes free where the folder of this setting lies.", labels=["folder"]
        )
        for name, folder in self._folders.items():
            with suppress(OSError):
                free.add_metric([name], shutil.disk_usage(folder).free)
        return free


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"diarization_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"diarization_{name}", text, value=value)
