"""The jobs that wait for a worker, in order."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from errors import Cancelled, DiarizationError
from executors.base import SILENT, Reports
from jobs.job import Job
from logging_setup import traceback_without_message
from pipeline.types import Segment

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Ticket:
    """A job and the future that its caller holds; failed: how often a worker died of it and of nothing else; alone: it
    must be tried by itself from now on, since a worker died of it or of others; unwanted: somebody took it back while
    it ran."""

    job: Job
    reports: Reports = SILENT
    future: Future[Any] = field(default_factory=Future)
    failed: int = field(init=False)
    alone: bool = False
    unwanted: bool = False

    def __post_init__(self) -> None:
        self.failed = self.job.attempts
        self.alone = self.alone or self.failed > 0  # those that it ran with then may come again with it

    def claim(self) -> bool:
        """True when the job may run; False when its caller took it back. From then on nobody can take it back."""
        return self.future.running() or self.future.set_running_or_notify_cancel()

    def start(self) -> None:
        _tell(self.reports.on_start, self.failed + 1)

    def progress(self, stage: str, fraction: float) -> None:
        _tell(self.reports.on_progress, stage, fraction)

    def segments(self, segments: Sequence[Segment]) -> None:
        _tell(self.reports.on_segments, segments)

    def restart(self) -> None:
        _tell(self.reports.on_restart, self.failed)


def _tell(report: Callable[..., None] | None, *what: object) -> None:
    if report:
        try:
            report(*what)
        except Exception as error:
            log.error("A report of the job failed; the job goes on:\n%s", traceback_without_message(error))


class TicketQueue:
    """First in, first out; a job to be tried again goes back to the front. Safe between threads."""

    def __init__(self) -> None:
        self._tickets: deque[Ticket] = deque()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return sum(not ticket.future.cancelled() for ticket in self._tickets)

    def put(self, ticket: Ticket) -> None:
        with self._changed:
            self._tickets.append(ticket)
            self._changed.notify()

    def put_first(self, ticket: Ticket) -> None:
        with self._changed:
            self._tickets.appendleft(ticket)
            self._changed.notify()

    def cancel(self, id: str) -> bool:
        """Take back the job of this id; False when it does not wait here. One that waits to be tried again ends with
        Cancelled."""
        with self._changed:
            waiting = next((ticket for ticket in self._tickets if ticket.job.id == id), None)
            if waiting is None or waiting.future.cancel():
                return waiting is not None
            self._tickets.remove(waiting)
        waiting.future.set_exception(Cancelled("The job was cancelled."))
        return True

    def take(self, timeout: float) -> Ticket | None:
        """The next claimed ticket, or None when there was none within ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._tickets, timeout)
            return self._next()

    def take_with(self, company: Sequence[Ticket], fits: Callable[[Sequence[Ticket], Ticket], bool]) -> Ticket | None:
        """The next ticket, claimed, if it ``fits`` the company of those that run with it."""
        with self._changed:
            while self._tickets and self._tickets[0].future.cancelled():
                self._tickets.popleft()
            return self._next() if self._tickets and fits(company, self._tickets[0]) else None

    def _next(self) -> Ticket | None:
        while self._tickets:
            ticket = self._tickets.popleft()
            if ticket.claim():
                return ticket
        return None

    def fail_all(self, error: DiarizationError) -> None:
        """End every waiting job with ``error``."""
        while ticket := self.take(timeout=0):
            ticket.future.set_exception(error)
