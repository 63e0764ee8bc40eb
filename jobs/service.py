"""The web's only door to the work: audio in, a conversation out.

What was accepted is in a table (jobs/store.py) before its caller hears of it, and survives this process.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from audio_utils import WAV, Limits, ffmpeg_version, normalise
from errors import (
    Cancelled,
    DiarizationError,
    InvalidOption,
    KeyReused,
    MediaToolError,
    ModelError,
    NotReady,
    Unfinished,
    UnknownJob,
    from_dict,
)
from executors.base import Executor, ExecutorState
from jobs.dispatcher import Dispatcher
from jobs.folders import JobFolder, JobFolders
from jobs.job import Job
from jobs.record import JobRecord, NewJob, fingerprint
from jobs.seats import Seats
from jobs.states import State
from jobs.storage import open_storage
from jobs.waiters import Waiters
from logging_setup import job_id, traceback_without_message
from pipeline.types import Conversation, OnProgress, Options
from settings import Settings

log = logging.getLogger(__name__)

SWEEP = 600.0  # s between two looks at what has expired
MOST_CLAIMED = 8  # jobs handed to the executor at once, so that short ones can be processed together


class Service:
    """Takes recordings in, keeps them until they have expired, and has the executor work on them in order.

    Raises StorageError.
    """

    def __init__(self, settings: Settings, executor: Executor) -> None:
        self._settings, self._executor = settings, executor
        # Decoders run in the web process's threads; more of them than cores would only slow each other down.
        self._decoders = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._queueing = threading.Lock()
        self._closed = threading.Event()
        self.ffmpeg, self._tool_error = _find_ffmpeg(settings)
        with ExitStack() as opened:
            self._folders = JobFolders(settings.temp_audio_dir)
            opened.callback(self._folders.close)
            storage = opened.enter_context(
                open_storage(settings.data_dir, settings.database_url, settings.job_attempts)
            )
            self._opened = opened.pop_all()
        self._store, self._files = storage.store, storage.files
        self._waiters = Waiters()
        for record in self._store.list(states=[State.QUEUED, State.RUNNING], limit=settings.max_queue + 1):
            if storage.alone and record.request.get("waited_for"):
                self._store.cancel(record.id)
        self._open = dict.fromkeys(self._store.open_ids(), time.monotonic())  # {id: when it was accepted}
        self._seats = Seats(settings.max_queue + 1, len(self._open))  # those that wait, and the one in work
        window = settings.together or MOST_CLAIMED
        self._dispatcher = Dispatcher(self._store, executor, self, window)
        self._sweeper = threading.Thread(target=self._sweep_on, daemon=True)
        self._sweeper.start()

    def check_open(self) -> None:
        """Before an upload is read: raises NotReady, ModelError or QueueFull if that would be for nothing."""
        self._check_running()
        if errors := self.state().errors:
            raise ModelError(" ".join(errors))
        self._seats.check()

    def open_folder(self) -> JobFolder:
        """A folder to receive an upload in; hand it to :meth:`submit` or remove it. Raises NotReady."""
        self._check_running()
        return self._folders.new()

    def submit(
        self,
        upload: BinaryIO | Path,
        options: Options,
        name: str = "audio",
        *,
        folder: JobFolder | None = None,
        on_progress: OnProgress | None = None,
    ) -> Future[Conversation]:
        """As :meth:`accept`, for a caller who waits: the future ends with the conversation or with a DiarizationError,
        and ``cancel()`` takes the job back. When the service can do no more for it, the job is given up."""
        folder = folder or self.open_folder()
        future = self._waiters.add(folder.id, on_progress)
        try:
            self.accept(upload, options, name, folder=folder, waited_for=True)
        except BaseException:
            self._waiters.take(folder.id)
            raise
        future.add_done_callback(lambda done: self.cancel(folder.id) if done.cancelled() else None)
        return future

    def accept(
        self,
        upload: BinaryIO | Path,
        options: Options,
        name: str = "audio",
        *,
        folder: JobFolder | None = None,
        metadata: dict[str, Any] | None = None,
        warnings: Sequence[str] = (),
        idempotency_key: str | None = None,
        waited_for: bool = False,
    ) -> JobRecord:
        """Decode ``upload`` and store the job; from then on it is not lost.

        metadata: the caller's own; warnings: for the result; idempotency_key: the same request under the same key is
        the same job, and another one is refused (KeyReused); waited_for: its caller is gone when this process is.

        ``folder`` (from :meth:`open_folder`) gives the job its id, and is removed with all in it before this returns
        or fails; a Path outside it is only read. Raises InputError for what cannot be used, QueueFull, NotReady,
        ModelError and MediaToolError.
        """
        folder = folder or self.open_folder()
        with ExitStack() as undo, ExitStack() as always:
            always.callback(folder.remove)
            self._check_profile(options.profile)
            source = upload if isinstance(upload, Path) else _save(upload, folder.path / "upload")
            request = {"options": options.to_dict(), "waited_for": waited_for}
            asked = fingerprint(request | {"metadata": metadata}, source) if idempotency_key else None
            if earlier := self._earlier(idempotency_key, asked):
                return earlier
            self.check_open()
            taken_at = self._seats.take()
            undo.callback(self._seats.give_back)
            undo.callback(self._files.remove, folder.id)
            job = replace(
                self._prepare(source, options, name, folder.id),
                request=request,
                notes=metadata or {},
                idempotency_key=idempotency_key,
                fingerprint=asked,
            )
            job = replace(job, warnings=(*job.warnings, *warnings))
            with self._queueing:  # so that the log has the jobs in the order in which they wait
                self._open[job.id] = taken_at
                undo.callback(self._open.pop, job.id, None)
                record = self._store.add(job)
                if record.id != job.id:  # the same request came twice at once
                    return self._same(record, asked)
                log.info("Job accepted: %.1f s of audio", job.seconds)
            undo.pop_all()
        self._dispatcher.wake()
        return record

    def job(self, id: str) -> JobRecord:
        """Raises UnknownJob."""
        if record := self._store.get(id):
            return self._dispatcher.up_to_date(record)
        raise UnknownJob("There is no such job; it may have expired.")

    def jobs(self, states: Sequence[State] = (), before: int | None = None, limit: int = 50) -> list[JobRecord]:
        """The newest first; before: the number of the last one on the page before."""
        return self._store.list(states=states, before=before, limit=limit)

    def place(self, record: JobRecord) -> int:
        """How many jobs wait before it."""
        return self._store.place(record)

    def result(self, record: JobRecord) -> Conversation:
        """Raises Unfinished for a job that has none, and what a failed job failed with."""
        if record.state is State.DONE:
            return self._files.result(record.id, record.token)
        if record.error:
            raise from_dict(record.error)
        raise Unfinished(f"The job has no result: it is {record.state}.")

    def audio(self, record: JobRecord) -> Path:
        """The normalised recording: 16 kHz WAV."""
        return self._files.folder(record.id) / WAV

    def remove(self, id: str) -> JobRecord | None:
        """Erase a job that has ended (None), or cancel another. Raises UnknownJob."""
        self.job(id)
        if self._store.erase(id):
            self._files.remove(id)
            return None
        return self.cancel(id)

    def cancel(self, id: str) -> JobRecord | None:
        """None for an unknown id; harmless for a job that has ended. One that runs ends within a few seconds."""
        record = self._store.cancel(id)
        if record and record.ended:
            self.ended(id)
        self._dispatcher.cancel(id)
        return record

    def state(self) -> ExecutorState:
        """The executor's state, with every job counted that was accepted and is not in work as queued."""
        state = self._executor.state()
        return replace(
            state,
            ready=state.ready and not self._tool_error,
            errors=(*state.errors, *self._tool_error),
            queued=max(0, self._seats.taken - state.running),
        )

    def close(self) -> None:
        """Stop the work; what is accepted is kept, but for jobs whose callers wait. Safe to call twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._dispatcher.stop()
        self._executor.close()
        self._dispatcher.join()
        self._sweeper.join()
        for id in self._waiters.ids:
            self._give_up(id, NotReady("The server is shutting down."))
        self._opened.close()

    # what the dispatcher asks for

    def job_of(self, record: JobRecord) -> Job:
        audio, options = self._files.folder(record.id) / WAV, Options(**record.request["options"])
        return Job(record.id, audio, options, record.name, record.warnings, record.seconds)

    def progress(self, id: str, stage: str, fraction: float) -> None:
        self._waiters.progress(id, stage, fraction)

    def keep(self, record: JobRecord, result: Conversation) -> None:
        self._files.save_result(record.id, record.token, result)

    def ended(self, id: str) -> None:
        """The job has ended, or waits again since its server could not go on. Harmless when that was said before."""
        record = self._store.get(id)
        if record is None or record.ended:
            self._leave(id, record)
        elif not self._closed.is_set() and (errors := self._executor.state().errors):
            self._give_up(id, ModelError(" ".join(errors)))

    def _leave(self, id: str, record: JobRecord | None) -> None:
        taken_at = self._open.pop(id, None)
        if taken_at is not None:
            self._seats.give_back()
            if record and record.started_at:
                self._seats.note_job(taken_at)
            seconds = time.monotonic() - taken_at
            log.info("Job %s %.1f s after it was accepted", _outcome(record), seconds)
        if record and (future := self._waiters.take(id)) and future.set_running_or_notify_cancel():
            self._tell(future, record)

    def _tell(self, future: Future[Conversation], record: JobRecord) -> None:
        if record.state is State.DONE:
            future.set_result(self._files.result(record.id, record.token))
        else:
            future.set_exception(from_dict(record.error or Cancelled("The job was cancelled.").to_dict()))

    def _give_up(self, id: str, error: DiarizationError) -> None:
        """Whoever waits is told why, and comes again: the job must not run for nobody."""
        if (future := self._waiters.take(id)) is None:
            return
        self._store.cancel(id)
        self.ended(id)
        with suppress(InvalidStateError):  # cancelled meanwhile
            future.set_exception(error)

    def _sweep_on(self) -> None:
        """Delete what has expired."""
        while True:
            try:
                while expired := self._store.ended_before(self._settings.retention_hours * 3600):
                    for id in expired:
                        self._files.remove(id)
                        self._store.erase(id)
            except Exception as error:  # a database that is away comes back
                log.error("Expired jobs could not be deleted:\n%s", traceback_without_message(error))
            if self._closed.wait(SWEEP):
                return

    def _check_running(self) -> None:
        if self._closed.is_set():
            raise NotReady("The server is shutting down.")

    def _check_profile(self, name: str | None) -> None:
        """Requests choose among names that the operator wrote down, and nothing else: models are code."""
        chosen = self._executor.state().profile  # what "auto" came to
        names = dict.fromkeys([self._settings.profile_name, chosen, *self._settings.further_profiles])
        if name is not None and name not in filter(None, names):
            raise InvalidOption(f"profile must be one of {', '.join(filter(None, names))}.", field="profile")

    def _prepare(self, source: Path, options: Options, name: str, id: str) -> NewJob:
        job_id.set(id)
        with self._decoders:
            audio = normalise(source, self._files.new(id), Limits.of(self._settings), options.channels)
        return NewJob(id, name, audio.duration, warnings=tuple(audio.warnings))

    def _earlier(self, key: str | None, fingerprint: str | None) -> JobRecord | None:
        earlier = self._store.by_key("", key) if key else None
        return self._same(earlier, fingerprint) if earlier else None

    def _same(self, earlier: JobRecord, fingerprint: str | None) -> JobRecord:
        if earlier.fingerprint != fingerprint:
            raise KeyReused("This Idempotency-Key was used for another request.", field="Idempotency-Key")
        return earlier


def _outcome(record: JobRecord | None) -> str:
    if record is None:
        return "forgotten"
    return f"failed ({record.error['code']})" if record.error else record.state.value


def _save(stream: BinaryIO, path: Path) -> Path:
    with path.open("xb") as file:
        shutil.copyfileobj(stream, file)
    return path


def _find_ffmpeg(settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Its version, and what is wrong with it."""
    try:
        return ffmpeg_version(settings), ()
    except MediaToolError as error:
        return "", (error.message,)
