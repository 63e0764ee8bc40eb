"""Runs jobs in one worker process that owns the models, and keeps that process alive.

A worker that dies, or shows no progress for JOB_TIMEOUT seconds, is replaced and its job is tried again, up to
JOB_ATTEMPTS times. Models that cannot be loaded are tried again ever more slowly; meanwhile jobs are refused.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from contextlib import closing
from typing import NoReturn

from errors import DiarizationError, ModelError, NotReady, WorkerFailed, from_dict
from executors.base import ExecutorState
from executors.process import Message, WorkerDied, WorkerProcess
from executors.readiness import Readiness
from executors.tickets import Ticket, TicketQueue
from jobs.job import Job
from logging_setup import job_id, traceback_without_message
from pipeline.types import Conversation, OnProgress
from settings import Settings

log = logging.getLogger(__name__)

# Seconds before the next worker, doubled with each failure in a row. A crash should cost those who wait next to
# nothing at first; a failed load burns a core for seconds and seldom heals by itself.
RESTART_DELAY = 0.2
RELOAD_DELAY = 5.0
LONGEST_DELAY = 300.0
IDLE_CHECK = 0.5  # an idle worker's death is noticed within this many seconds


class LocalExecutor:
    """One spawned worker process; ``factory`` ("module:function") makes its processor from the settings.

    Starts to load at once and accepts jobs meanwhile.
    """

    def __init__(self, settings: Settings, factory: str = "nemo_processor:warm_processor") -> None:
        self._settings = settings
        self._factory = factory
        self._tickets = TicketQueue()
        self._worker: WorkerProcess | None = None
        self._models: dict[str, str] | None = None
        self._load_error = ""
        self._running: Ticket | None = None
        self._failures = 0
        self._starts = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="worker-supervisor", daemon=True)
        self._thread.start()

    def submit(self, job: Job, on_progress: OnProgress | None = None) -> Future[Conversation]:
        """Raises ModelError while the models cannot be loaded, NotReady after :meth:`close`."""
        if refusal := self._refusal():
            raise refusal
        ticket = Ticket(job, on_progress)
        self._tickets.put(ticket)
        if refusal := self._refusal():  # what came up meanwhile may not have seen this ticket
            self._tickets.fail_all(refusal)
        return ticket.future

    def _refusal(self) -> DiarizationError | None:
        if self._closing.is_set():
            return _shutting_down()
        return ModelError(self._load_error) if self._load_error else None

    def state(self) -> ExecutorState:
        models = self._models
        readiness = self._worker.readiness if self._worker else Readiness()
        return ExecutorState(
            ready=models is not None,
            errors=(self._load_error,) if self._load_error else (),
            models=models or {},
            profile=readiness.profile,
            readiness=readiness.stages,
            loaded=readiness.loaded,
            queued=len(self._tickets),
            running=int(self._running is not None),
            restarts=max(0, self._starts - 1),
        )

    def close(self) -> None:
        """End the worker, then every job that is left. Safe to call twice."""
        self._closing.set()
        if self._worker:
            self._worker.kill()
        self._thread.join()
        self._tickets.fail_all(_shutting_down())

    def _supervise(self) -> None:
        delay = 0.0
        while not self._closing.wait(delay):
            delay = self._run_worker()

    def _run_worker(self) -> float:
        """Start a worker and serve until it ends; returns the seconds to wait before the next one."""
        job_id.set("-")
        first_delay = RESTART_DELAY
        try:
            with closing(self._start()) as worker:
                self._load(worker)
                self._serve(worker)
        except WorkerDied as death:
            if not self._closing.is_set():
                log.error("Worker process: %s", death)
        except ModelError as error:
            first_delay = RELOAD_DELAY
            self._refuse(error)
        except Exception as error:  # the one thread that keeps everything going must not end
            log.error("Unexpected error:\n%s", traceback_without_message(error))
        self._models = None
        self._failures += 1
        return min(LONGEST_DELAY, first_delay * 2 ** (self._failures - 1))

    def _start(self) -> WorkerProcess:
        self._starts += 1
        worker, before = WorkerProcess(self._settings, self._factory), self._worker
        worker.readiness = before.readiness if before else worker.readiness  # until it has something to say
        self._worker = worker
        log.info("Worker process %d started", worker.pid)
        if self._closing.is_set():  # close() may have looked before this worker was there
            worker.kill()
        return worker

    def _load(self, worker: WorkerProcess) -> None:
        try:
            answer = worker.receive(self._settings.load_timeout)
        except WorkerDied as death:
            if self._closing.is_set() or self._failures + 1 < self._settings.job_attempts:
                raise
            raise ModelError(f"The worker process failed while it loaded the models: {death}.") from None
        if answer["kind"] == "error":
            raise ModelError(answer["error"]["message"])
        self._models, self._load_error = answer["models"], ""
        log.info("Models ready: %s", self._models)

    def _refuse(self, error: ModelError) -> None:
        log.error("The models cannot be loaded: %s", error.message)
        self._load_error = error.message
        self._tickets.fail_all(error)

    def _serve(self, worker: WorkerProcess) -> NoReturn:
        while worker.alive():
            if ticket := self._tickets.take(timeout=IDLE_CHECK):
                self._work(worker, ticket)
                job_id.set("-")
        raise WorkerDied(worker.last_words())

    def _work(self, worker: WorkerProcess, ticket: Ticket) -> None:
        job_id.set(ticket.job.id)
        self._running = ticket
        ticket.attempts += 1
        try:
            worker.send(ticket.job.to_dict())
            result = _read(self._answer(worker, ticket))
        except Exception as failure:
            self._try_again(ticket, failure)
            raise
        finally:
            self._running = None
        self._failures = 0
        if isinstance(result, DiarizationError):
            ticket.future.set_exception(result)
        else:
            ticket.future.set_result(result)

    def _answer(self, worker: WorkerProcess, ticket: Ticket) -> Message:
        """What the worker made of the job. Each sign of progress gives it JOB_TIMEOUT seconds more."""
        while True:
            message = worker.receive(self._settings.job_timeout)
            if message["kind"] != "progress":
                return message
            ticket.progress(message["stage"], message["fraction"])

    def _try_again(self, ticket: Ticket, failure: Exception) -> None:
        cause = failure if isinstance(failure, WorkerDied) else type(failure).__name__
        if self._closing.is_set():
            ticket.future.set_exception(_shutting_down())
        elif ticket.attempts < self._settings.job_attempts:
            log.warning("The worker failed on this job (%s): trying it again", cause)
            self._tickets.put_first(ticket)
        else:
            log.error("The worker failed on this job %d times (%s): giving it up", ticket.attempts, cause)
            message = "The worker process died or hung on this recording each time it was tried."
            ticket.future.set_exception(WorkerFailed(message))


def _read(answer: Message) -> Conversation | DiarizationError:
    if answer["kind"] == "done":
        return Conversation.from_dict(answer["conversation"])
    return from_dict(answer["error"])


def _shutting_down() -> NotReady:
    return NotReady("The server is shutting down.")
