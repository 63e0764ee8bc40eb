"""Claims stored jobs, has the executor run them, and writes down how they end.

As long as this process lives it renews the leases of what it has claimed; whatever becomes of it, another one (or the
same after a restart) claims the rest when the leases have run out.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from errors import Cancelled, DiarizationError, ModelError, StorageError, Unavailable
from executors.base import Executor, Reports
from jobs.job import Job
from jobs.meters import Meters
from jobs.record import JobRecord
from jobs.store import JobStore, LeaseLost
from logging_setup import job_id, traceback_without_message
from pipeline.types import Conversation, Segment

log = logging.getLogger(__name__)

POLL = 1.0  # s; how soon another server's job, its end, or one whose lease ran out, is seen
OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)
BEATS = 10  # renewals in the time of one lease


@dataclass(eq=False)
class Held:
    """A claimed job. failed: attempts that came to no end; begun: under this claim; stage, fraction: the last that was
    heard of it."""

    record: JobRecord
    future: Future[Conversation] = field(default_factory=Future)
    failed: int = field(init=False)
    begun: bool = False
    stage: str | None = None
    fraction: float = 0.0

    def __post_init__(self) -> None:
        self.failed = self.record.attempts


class Owner(Protocol):
    """Whose jobs they are."""

    def job_of(self, record: JobRecord) -> Job:
        """What the executor runs."""
        ...

    def begin(self, record: JobRecord) -> None:
        """Its work is to begin, or to begin again, under this claim: nothing that was heard of its segments counts."""
        ...

    def progress(self, id: str, stage: str, fraction: float) -> None: ...

    def segments(self, record: JobRecord, segments: Sequence[Segment]) -> None:
        """They have become final."""
        ...

    def keep(self, record: JobRecord, result: Conversation) -> None:
        """Stores a result; the job counts as done only after that. Raises OSError."""
        ...

    def has_room(self) -> bool:
        """Whether a result can be stored, asked every POLL s after one could not for want of space."""
        ...

    def ended(self, id: str) -> None:
        """Nobody works on the job here any longer."""
        ...

    def look_round(self) -> None:
        """Asked every POLL s: what has become of jobs that are not in work here."""
        ...


class Dispatcher:
    """Works from its creation on. window: how many jobs are claimed at once."""

    def __init__(
        self,
        store: JobStore,
        executor: Executor,
        owner: Owner,
        window: int = 2,
        meters: Meters | None = None,
    ) -> None:
        self._store, self._executor, self._owner = store, executor, owner
        self._window, self._meters = window, meters or Meters()
        self._held = dict[str, Held]()
        self._full = False  # a result could not be kept for want of space
        self._wake, self._closing = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._claim_all, self._renew_all)]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        """There is something new to claim."""
        self._wake.set()

    def cancel(self, id: str) -> None:
        """At once, where the job is in work here; else its owner hears of it at its next renewal."""
        if id in self._held:
            self._executor.cancel(id)

    def up_to_date(self, record: JobRecord) -> JobRecord:
        """With what was heard of it since its last renewal, where the job is in work here."""
        held = self._held.get(record.id)
        if held is None or held.stage is None or held.record.token != record.token:
            return record
        return replace(record, stage=held.stage, fraction=held.fraction)

    def stop(self) -> None:
        """Claim no more. What is in work goes on until the executor is closed, and is then put back."""
        self._closing.set()
        self._wake.set()

    def join(self) -> None:
        """Wait until it has stopped. What the executor holds must have ended."""
        for thread in self._threads:
            thread.join()

    def _claim_all(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                while self._has_room() and (record := self._store.claim(list(self._held))):
                    self._begin(record)
                self._owner.look_round()
            except Exception as error:  # a database that is away comes back
                log.error("No job could be claimed:\n%s", traceback_without_message(error))
            self._wake.wait(POLL)

    def _has_room(self) -> bool:
        ready = not self._closing.is_set() and len(self._held) < self._window and not self._executor.state().errors
        return ready and not self._still_full()

    def _still_full(self) -> bool:
        """Work whose result cannot be kept would be done again and again."""
        if self._full and self._owner.has_room():
            log.info("There is room for results again: jobs are begun")
            self._full = False
        return self._full

    def _begin(self, record: JobRecord) -> None:
        held = Held(record)
        self._held[record.id] = held
        try:
            self._owner.begin(record)
            held.future = self._executor.submit(self._owner.job_of(record), self._reports(held))
        except Exception as error:
            held.future.set_exception(error)
        held.future.add_done_callback(lambda _: self._end(held))

    def _reports(self, held: Held) -> Reports:
        record, owner = held.record, self._owner
        progress, segments = partial(self._progress, held), partial(owner.segments, record)
        return Reports(progress, segments, partial(self._restart, held), partial(self._start, held))

    def _restart(self, held: Held, failed: int) -> None:
        held.failed, held.stage, held.fraction = failed, "", 0.0
        self._owner.begin(held.record)

    def _start(self, held: Held, attempt: int) -> None:
        """Written down before the work, or a job that takes this process with it would be begun for ever."""
        try:
            self._store.begin(held.record, attempt)
            if not held.begun:  # else the executor tries it again by itself
                held.begun = True
                self._meters.begun(attempt)
        except LeaseLost:
            log.warning("Another worker has taken over this job before it was begun")  # the next renewal cancels it
        except Exception as error:
            log.error("It could not be written down that the job begins:\n%s", traceback_without_message(error))

    def _progress(self, held: Held, stage: str, fraction: float) -> None:
        held.stage, held.fraction = stage, fraction
        self._owner.progress(held.record.id, stage, fraction)

    def _end(self, held: Held) -> None:
        """In whatever thread the executor ends its jobs."""
        record = held.record
        job_id.set(record.id)
        try:
            self._write_end(held)
        except LeaseLost:
            self._meters.lease_lost()
            log.warning("Another worker has taken over this job: what came of it here is thrown away")
        except Exception as error:  # its lease runs out, and it is tried again
            log.error("The end of the job could not be written down:\n%s", traceback_without_message(error))
        finally:
            if self._held.get(record.id) is held:
                del self._held[record.id]
            self._owner.ended(record.id)
            self._wake.set()

    def _write_end(self, held: Held) -> None:
        record, future = held.record, held.future
        error = Cancelled("") if future.cancelled() else future.exception()
        if isinstance(error, Cancelled):  # whether somebody asked for that is in the table
            self._store.put_back(record, held.failed)
        elif error is None:
            self._keep(held, future.result())
        elif isinstance(error, Unavailable) or (isinstance(error, ModelError) and self._executor.state().errors):
            # The server is at fault, and will not always be.
            self._store.put_back(record, held.failed)
        else:
            self._store.fail(record, error if isinstance(error, DiarizationError) else _fault(error))

    def _keep(self, held: Held, result: Conversation) -> None:
        try:
            self._owner.keep(held.record, result)
        except OSError as error:
            self._not_kept(held, error)
            return
        self._store.finish(held.record)
        self._meters.processed(result)

    def _not_kept(self, held: Held, error: OSError) -> None:
        """A full disk is no fault of the job's, which waits until there is room; any other will not pass."""
        if error.errno not in OUT_OF_SPACE:
            log.error("The result could not be kept:\n%s", traceback_without_message(error))
            self._store.fail(
                held.record, StorageError("The result could not be stored because of a fault in the server.")
            )
            return
        if not self._full:
            log.error("There is no room for results in DATA_DIR: no job is begun until there is")
        self._full = True  # first: once it waits it can be claimed
        self._store.put_back(held.record, held.failed)

    def _renew_all(self) -> None:
        while not self._closing.wait(self._store.lease / BEATS):
            for held in list(self._held.values()):
                self._renew(held)

    def _renew(self, held: Held) -> None:
        job_id.set(held.record.id)
        try:
            unwanted = self._store.renew(held.record, held.stage, held.fraction)
        except LeaseLost:
            unwanted = True
        except Exception as error:
            log.error("The lease could not be renewed:\n%s", traceback_without_message(error))
            return
        if unwanted and self._held.get(held.record.id) is held:  # else it has ended meanwhile
            self._executor.cancel(held.record.id)


def _fault(error: BaseException) -> DiarizationError:
    log.error("Unexpected error:\n%s", traceback_without_message(error))
    return DiarizationError("The recording could not be processed because of a fault in the server.")
