"""Follows jobs through their work to their end: files, seats, waiters and the board hear of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace

from audio_utils import WAV
from errors import Cancelled, DiarizationError, ModelError, from_dict
from executors.base import Executor
from jobs.board import Board
from jobs.clips import clips_of
from jobs.files import JobFiles
from jobs.job import Job
from jobs.record import JobRecord
from jobs.seats import Seats
from jobs.speakers.store import KnownSpeakers
from jobs.states import State
from jobs.store import JobStore
from jobs.waiters import Waiters
from logging_setup import traceback_without_message
from pipeline.types import Conversation, Options, Segment

log = logging.getLogger(__name__)


class Follower:
    """What :class:`jobs.dispatcher.Dispatcher` works for. Safe between threads."""

    def __init__(
        self,
        executor: Executor,
        store: JobStore,
        files: JobFiles,
        seats: Seats,
        waiters: Waiters,
        board: Board,
        speakers: KnownSpeakers,
    ) -> None:
        self._executor, self._store, self._files = executor, store, files
        self._seats, self._waiters, self._board, self._speakers = seats, waiters, board, speakers

    def job_of(self, record: JobRecord) -> Job:
        audio, options = self._files.folder(record.id) / WAV, Options(**record.request["options"])
        shelf = self._files.shelf(record.id)
        made = Job(record.id, audio, options, record.name, record.warnings, record.seconds, shelf)
        clips = clips_of(record.request.get("known", ()), self._files.folder(record.id))
        known = self._speakers.voices(record.owner) if options.identify else ()
        return replace(made, attempts=record.attempts, clips=clips, known=known)

    def begin(self, record: JobRecord) -> None:
        self._board.begin(record.id, record.token)

    def segments(self, record: JobRecord, segments: Sequence[Segment]) -> None:
        self._board.add(record.id, record.token, segments)

    def progress(self, id: str, stage: str, fraction: float) -> None:
        self._waiters.progress(id, stage, fraction)

    def keep(self, record: JobRecord, result: Conversation) -> None:
        self._files.save_result(record.id, record.token, result)

    def has_room(self) -> bool:
        return self._files.has_room()

    def ended(self, id: str) -> None:
        """The job has ended, or waits again since its server could not go on. Harmless when that was said before."""
        self._board.end(id)
        record = self._store.get(id)
        if record is None or record.ended:
            self._leave(id, record)
        elif errors := self._executor.state().errors:
            self.give_up(id, ModelError(" ".join(errors)))

    def look_round(self) -> None:
        """Find the jobs that have ended where nobody here was told: in another server, or by having been tried too
        often."""
        if stored := self._seats.stored:  # read before the table: what is stored in between is open
            for id in stored.difference(self._store.open_ids()):
                self.ended(id)

    def give_up(self, id: str, error: DiarizationError) -> None:
        """Whoever waits is told why, and comes again: the job must not run for nobody."""
        if (future := self._waiters.take(id)) is None:
            return
        self._store.cancel(id)
        self.ended(id)
        with suppress(InvalidStateError):  # cancelled meanwhile
            future.set_exception(error)

    def _leave(self, id: str, record: JobRecord | None) -> None:
        if record and record.state is State.CANCELLED:
            self._files.remove(id)
        seconds = self._seats.give_back(id, worked=bool(record and record.started_at))
        if seconds is not None:
            log.info("Job %s %.1f s after it was accepted", _in_words(record), seconds)
        if (future := self._waiters.take(id)) and future.set_running_or_notify_cancel():
            self._tell(future, record)

    def _tell(self, future: Future[Conversation], record: JobRecord | None) -> None:
        try:
            future.set_result(self._outcome(record))
        except DiarizationError as error:
            future.set_exception(error)
        except Exception as error:  # whoever waits must not wait for ever
            log.error("The result could not be read:\n%s", traceback_without_message(error))
            future.set_exception(DiarizationError("The result could not be read because of a fault in the server."))

    def _outcome(self, record: JobRecord | None) -> Conversation:
        """Raises what the job ended with in place of a result."""
        if record and record.state is State.DONE:
            return self._files.result(record.id, record.token)
        error = record.error if record else None
        raise from_dict(error or Cancelled("The job was cancelled.").to_dict())


def _in_words(record: JobRecord | None) -> str:
    if record is None:
        return "forgotten"
    return f"failed ({record.error['code']})" if record.error else record.state.value
