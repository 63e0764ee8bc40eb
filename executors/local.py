"""Runs jobs in one worker process that owns the models, and keeps that process alive.

Short recordings that wait are processed together where that is faster. A worker that dies, or shows no progress for
JOB_TIMEOUT seconds, is replaced and its job is tried again, up to JOB_ATTEMPTS times. Models that cannot be loaded are
tried again ever more slowly; meanwhile jobs are refused.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from typing import Any, NoReturn

from errors import Cancelled, DiarizationError, ModelError, NotReady, Unavailable, WorkerFailed, from_dict
from executors.asides import NoAnswer
from executors.base import SILENT, ExecutorState, Made, Reports
from executors.process import Message, WorkerDied, WorkerProcess
from executors.readiness import Readiness
from executors.tickets import Ticket, TicketQueue
from jobs.job import Job
from logging_setup import job_id, traceback_without_message
from pipeline.known import Voiceprint
from pipeline.types import Conversation, Segment
from settings import Settings

log = logging.getLogger(__name__)

# Seconds before the next worker, doubled with each failure in a row. A crash should cost those who wait next to
# nothing at first; a failed load burns a core for seconds and seldom heals by itself.
RESTART_DELAY = 0.2
RELOAD_DELAY = 5.0
LONGEST_DELAY = 300.0
TOGETHER_SECONDS = 120.0  # of audio: longer recordings keep the models busy by themselves
PATIENCE = 4.0  # s; a batch of Whisper's takes about two on a CPU
ASIDE_TIMEOUT = 60.0  # s
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
        self._together = 1
        self._load_error = ""
        self._running: list[Ticket] = []
        self._failures = 0
        self._starts = self._retries = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="worker-supervisor", daemon=True)
        self._thread.start()

    def submit(self, job: Job, reports: Reports = SILENT) -> Future[Conversation]:
        """Raises ModelError while the models cannot be loaded, NotReady after :meth:`close`."""
        if refusal := self._refusal():
            raise refusal
        return self._queued(Ticket(job, reports))

    def _queued(self, ticket: Ticket) -> Future[Any]:
        self._tickets.put(ticket)
        if refusal := self._refusal():  # what came up meanwhile may not have seen this ticket
            self._tickets.fail_all(refusal)
        return ticket.future

    def relabel(self, job: Job) -> Conversation:
        return self._aside(job)

    def enrol(self, job: Job) -> Sequence[Voiceprint]:
        return self._aside(job)

    def _aside(self, job: Job) -> Any:
        """Beside whatever runs; where the models of the job's profile are not in memory, after it. Raises what is wrong
        with the job, and Unavailable while there is no worker that could answer."""
        if refusal := self._refusal():
            raise refusal
        worker = self._worker
        try:
            if worker is None or self._models is None:
                raise NoAnswer
            answer = worker.asides.ask(job.to_dict(), ASIDE_TIMEOUT)
        except NoAnswer:
            raise Unavailable("The models cannot answer now; try again.", retry_after=5) from None
        if answer["kind"] == "done":
            return _made(answer)
        if answer["kind"] == "error":
            raise from_dict(answer["error"])
        future = self._queued(Ticket(job, alone=True))
        try:
            return future.result(ASIDE_TIMEOUT)
        except TimeoutError:
            future.cancel()
            raise Unavailable("The models that this needs are not in memory; try again.", retry_after=60) from None

    def cancel(self, id: str) -> None:
        """A job that waits ends at once; one that runs at its next sign of progress, or, without one for PATIENCE
        seconds, with its worker. It ends as cancelled or with Cancelled. Harmless for a job that is not here."""
        worker, running = self._worker, next((one for one in self._running if one.job.id == id), None)
        if self._tickets.cancel(id) or running is None or worker is None or running.unwanted:
            return
        running.unwanted = True
        with suppress(WorkerDied):
            worker.send({"cancel": id})
        insist = threading.Timer(PATIENCE, lambda: running.future.done() or worker.kill())
        insist.daemon = True
        insist.start()

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
            running=len(self._running),
            restarts=max(0, self._starts - 1),
            retries=self._retries,
            alive=self._thread.is_alive(),
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
        self._together = self._settings.together or answer["together"]
        log.info("Models ready: %s", self._models)

    def _refuse(self, error: ModelError) -> None:
        log.error("The models cannot be loaded: %s", error.message)
        self._load_error = error.message
        self._tickets.fail_all(error)

    def _serve(self, worker: WorkerProcess) -> NoReturn:
        while worker.alive():
            if ticket := self._tickets.take(timeout=IDLE_CHECK):
                self._work(worker, self._with_company(ticket))
                job_id.set("-")
        raise WorkerDied(worker.last_words())

    def _with_company(self, first: Ticket) -> list[Ticket]:
        """The ticket and those right behind it that are worth running with it."""
        company = [first]
        while following := self._tickets.take_with(company, self._fits):
            company.append(following)
        return company

    def _fits(self, company: Sequence[Ticket], ticket: Ticket) -> bool:
        tickets = [*company, ticket]
        return (
            len(tickets) <= self._together
            and len({one.job.options.profile for one in tickets}) == 1  # nobody waits for another's models to load
            and not any(one.alone for one in tickets)
            and sum(one.job.seconds for one in tickets) <= TOGETHER_SECONDS
        )

    def _work(self, worker: WorkerProcess, tickets: Sequence[Ticket]) -> None:
        job_id.set(",".join(ticket.job.id for ticket in tickets))
        self._running = [*tickets]
        try:
            for ticket in tickets:
                ticket.start()
            worker.send({"jobs": [ticket.job.to_dict() for ticket in tickets]})
            self._answers(worker)
        except Exception as failure:
            self._try_again(failure)
            raise
        finally:
            self._running = []
        self._failures = 0

    def _answers(self, worker: WorkerProcess) -> None:
        """What the worker makes of the jobs. Each sign of progress gives it JOB_TIMEOUT seconds more."""
        while self._running:
            message = worker.receive(self._settings.job_timeout)
            ticket = next(ticket for ticket in self._running if ticket.job.id == message["id"])
            if message["kind"] == "progress":
                ticket.progress(message["stage"], message["fraction"])
            elif message["kind"] == "segments":
                ticket.segments([Segment(**row) for row in message["segments"]])
            else:
                job_id.set(ticket.job.id)
                _end(ticket, message)
                self._running.remove(ticket)

    def _try_again(self, failure: Exception) -> None:
        """Every job that has no answer, the first one first. Those that ran together are tried one by one: the worker
        may have died of any of them."""
        left = self._running
        for ticket in reversed(left):
            job_id.set(ticket.job.id)
            ticket.failed += len(left) == 1
            ticket.alone = True
            self._try_one_again(ticket, failure if isinstance(failure, WorkerDied) else type(failure).__name__)

    def _try_one_again(self, ticket: Ticket, cause: object) -> None:
        if self._closing.is_set():
            ticket.future.set_exception(_shutting_down())
        elif ticket.unwanted:
            ticket.future.set_exception(Cancelled("The job was cancelled."))
        elif ticket.failed < self._settings.job_attempts:
            log.warning("The worker failed on this job (%s): trying it again", cause)
            self._retries += 1
            ticket.restart()
            self._tickets.put_first(ticket)
        else:
            log.error("The worker failed on this job %d times (%s): giving it up", ticket.failed, cause)
            message = "The worker process died or hung on this recording each time it was tried."
            ticket.future.set_exception(WorkerFailed(message))


def _end(ticket: Ticket, answer: Message) -> None:
    if answer["kind"] == "done":
        ticket.future.set_result(_made(answer))
    else:
        ticket.future.set_exception(from_dict(answer["error"]))


def _made(answer: Message) -> Made:
    if "voiceprints" in answer:
        return tuple(map(Voiceprint.from_dict, answer["voiceprints"]))
    return Conversation.from_dict(answer["conversation"])


def _shutting_down() -> NotReady:
    return NotReady("The server is shutting down.")
