"""Runs each job at once in the caller's thread: for tests of what stands above an executor."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from executors.base import SILENT, ExecutorState, Processor, Reports, run_enrolment, run_jobs
from jobs.job import Job
from pipeline.known import Voiceprint
from pipeline.readiness import READY
from pipeline.types import Conversation


class InlineExecutor:
    """An executor over a processor that this process owns; the lock is there because models run one call at a time."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._lock = threading.Lock()

    def submit(self, job: Job, reports: Reports = SILENT) -> Future[Conversation]:
        future: Future[Conversation] = Future()
        with self._lock:
            if reports.on_start:
                reports.on_start(job.attempts + 1)
            (outcome,) = run_jobs(self._processor, [job], [reports])
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future

    def relabel(self, job: Job) -> Conversation:
        (outcome,) = run_jobs(self._processor, [job], [SILENT])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def enrol(self, job: Job) -> Sequence[Voiceprint]:
        return run_enrolment(self._processor, job)

    def cancel(self, id: str) -> None:
        """Too late: no job outlives its submit."""

    def state(self) -> ExecutorState:
        models = dict(self._processor.models)
        return ExecutorState(
            ready=True,
            models=models,
            profile=self._processor.profile,
            readiness=dict.fromkeys(models, READY),
            loaded=(self._processor.profile,),
            running=int(self._lock.locked()),
        )

    def close(self) -> None:
        """Nothing to end."""
