"""An executor that keeps every job until the test ends it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from errors import Cancelled, NotReady
from executors.base import SILENT, ExecutorState, Reports, run_enrolment
from jobs.job import Job
from pipeline.known import Voiceprint
from pipeline.types import Conversation
from tests.fakes import FakeProcessor, wait_until


class HeldExecutor:
    """errors: as the executor's state has them; refusal: what it answers to every job; waits: it begins
    with none that comes."""

    def __init__(self) -> None:
        self.jobs = list[Job]()
        self.reports = dict[str, Reports]()
        self.futures = dict[str, Future[Conversation]]()
        self.errors: tuple[str, ...] = ()
        self.refusal: Exception | None = None
        self.waits = False

    def submit(self, job: Job, reports: Reports = SILENT) -> Future[Conversation]:
        if self.refusal:
            raise self.refusal
        self.reports[job.id], self.futures[job.id] = reports, Future()
        if reports.on_start and not self.waits:
            reports.on_start(job.attempts + 1)
        self.jobs.append(job)
        return self.futures[job.id]

    def relabel(self, job: Job) -> Conversation:
        raise NotReady("holding")

    def enrol(self, job: Job) -> Sequence[Voiceprint]:
        """Beside what it holds."""
        return run_enrolment(FakeProcessor(), job)

    def cancel(self, id: str) -> None:
        if not self.futures[id].done():
            self.futures[id].set_exception(Cancelled("The job was cancelled."))

    def state(self) -> ExecutorState:
        return ExecutorState(ready=not self.errors, errors=self.errors)

    def close(self) -> None:
        self.refusal = NotReady("closing")
        for future in list(self.futures.values()):
            if not future.done():
                future.set_exception(NotReady("closing"))

    def begun(self, place: int = 0) -> Job:
        """The job that came at this place, once it has come."""
        wait_until(lambda: len(self.jobs) > place)
        return self.jobs[place]

    def end(self, job: Job, result: Conversation | Exception) -> None:
        if isinstance(result, Exception):
            self.futures[job.id].set_exception(result)
        else:
            self.futures[job.id].set_result(result)
