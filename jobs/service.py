"""The web's only door to the work: audio in, a conversation out.

What was accepted is in a table (jobs/store.py) before its caller hears of it, and survives this process. The way in is
in jobs/intake.py, what follows is in jobs/follower.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from audio_utils import WAV
from errors import InvalidOption, NotReady, Unavailable, UnknownJob
from executors.base import Executor, ExecutorState
from jobs.board import Board, Watch
from jobs.conversations import Conversations, Current, check_done
from jobs.dispatcher import Dispatcher
from jobs.folders import JobFolder, JobFolders, is_id
from jobs.follower import Follower
from jobs.gauges import Gauges
from jobs.health import Health
from jobs.intake import Intake
from jobs.meters import Meters
from jobs.record import JobRecord
from jobs.revisions import Change, Revisions
from jobs.seats import Seats
from jobs.speakers.enrolment import Enrolment
from jobs.speakers.store import KnownSpeakers
from jobs.states import State
from jobs.storage import Storage, open_storage
from jobs.sweeper import Sweeper
from jobs.uploads import Uploads
from jobs.waiters import Waiters
from jobs.webhooks.webhooks import Webhooks
from pipeline.known import KnownClip
from pipeline.types import Conversation, OnProgress, Options
from settings import Settings

MOST_RECLUSTERS = 4  # at once
MOST_CLAIMED = 8  # jobs handed to the executor at once, so that short ones can be processed together


class Service:
    """Takes recordings in, keeps them until they have expired, and has the executor work on them in order.

    ffmpeg: its version; meters, health: for those who run the service; speakers, enrolment: people whose voices are
    known, and how they come to be. Raises StorageError.
    """

    def __init__(self, settings: Settings, executor: Executor) -> None:
        self._executor = executor
        self._closed = threading.Event()
        self.meters = Meters()
        with ExitStack() as opened:
            folders = JobFolders(settings.temp_audio_dir)
            opened.callback(folders.close)
            storage = opened.enter_context(
                open_storage(
                    settings.data_dir, settings.database_url.get_secret_value(), settings.job_attempts, self.meters
                )
            )
            self._opened = opened.pop_all()
        store, files = self._store, self._files = storage.store, storage.files
        self.engine = storage.engine  # the API keys are in the same database
        self._conversations = Conversations(files, Revisions(storage.engine))
        self._reclusters = threading.BoundedSemaphore(MOST_RECLUSTERS)
        _forget_the_waiting(storage)
        self._seats = Seats(settings.max_queue + 1, store.open_ids())  # those that wait, and the one in work
        self._waiters = Waiters()
        self.webhooks = Webhooks(settings, storage)
        self.speakers = KnownSpeakers(storage.engine)
        self._intake = intake = Intake(settings, executor, folders, store, files, self._seats, self.webhooks)
        self.enrolment = Enrolment(settings, executor, self.speakers, intake.check_profile)
        self.ffmpeg = self._intake.ffmpeg
        self._board = Board()
        self._follower = Follower(executor, store, files, self._seats, self._waiters, self._board, self.speakers)
        window = settings.together or MOST_CLAIMED
        self._dispatcher = Dispatcher(store, executor, self._follower, window, self.meters)
        retention = settings.retention_hours * 3600
        self.uploads = Uploads(settings.data_dir / "uploads", settings.max_uploads_per_key, retention)
        self._sweeper = Sweeper(store, files, self.uploads, retention)
        self.health = Health(settings, executor, store, self._dispatcher, self.ffmpeg)
        self.meters.registry.register(Gauges(settings, executor, store))

    def check_open(self, owner: str = "", key: str | None = None) -> None:
        """Before an upload is read: raises NotReady, ModelError, TooManyPending or QueueFull if that would be for
        nothing. key: of idempotency; under one that the owner has used there may be a job to answer with."""
        self._intake.check_open(owner, key)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of profiles that a request may choose from."""
        return self._intake.profiles

    def open_folder(self) -> JobFolder:
        """A folder to receive an upload in; hand it to :meth:`submit` or remove it. Raises NotReady."""
        return self._intake.open_folder()

    def submit(
        self,
        upload: BinaryIO | Path,
        options: Options,
        name: str = "audio",
        *,
        folder: JobFolder | None = None,
        owner: str = "",
        warnings: Sequence[str] = (),
        known: Sequence[KnownClip] = (),
        on_progress: OnProgress | None = None,
    ) -> Future[Conversation]:
        """As :meth:`accept`, for a caller who waits: the future ends with the conversation or with a DiarizationError,
        and ``cancel()`` takes the job back. When the service can do no more for it, the job is given up; unless its
        caller waits no longer (:meth:`let_go`)."""
        folder = folder or self.open_folder()
        future = self._waiters.add(folder.id, on_progress)
        try:
            given: dict[str, Any] = {"folder": folder, "owner": owner, "warnings": warnings, "known": known}
            self.accept(upload, options, name, **given, waited_for=True)
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
        owner: str = "",
        metadata: dict[str, Any] | None = None,
        warnings: Sequence[str] = (),
        idempotency_key: str | None = None,
        webhook_url: str | None = None,
        known: Sequence[KnownClip] = (),
        waited_for: bool = False,
        dialect: dict[str, Any] | None = None,
    ) -> JobRecord:
        """Decode ``upload`` and store the job; from then on it is not lost.

        owner: the id of the caller's API key, empty without; metadata: the caller's own; warnings: for the result;
        idempotency_key: the same request of an owner's under the same key is the same job, and another one is refused
        (KeyReused); webhook_url: is told when the job ends (WebhookRefused); known: clips of people who get their names
        in the result, kept with the job and for nothing else; what is wrong with the first of them is raised with the
        field "known.0", and one that tells no voice fails the job with VoiceTooShort or SeveralVoices; waited_for: its
        caller is gone when this process is; dialect: plain data, for answers in another system's words: its ``name``,
        and what that needs.

        ``folder`` (from :meth:`open_folder`) gives the job its id, and is removed with all in it before this returns
        or fails; a Path outside it is only read. Raises InputError for what cannot be used, QueueFull, TooManyPending,
        NotReady, ModelError and MediaToolError.
        """
        record = self._intake.accept(
            upload,
            options,
            name,
            folder or self.open_folder(),
            owner=owner,
            metadata=metadata,
            warnings=warnings,
            idempotency_key=idempotency_key,
            webhook_url=webhook_url,
            known=known,
            waited_for=waited_for,
            dialect=dialect,
        )
        self._dispatcher.wake()
        return record

    def let_go(self, id: str) -> JobRecord | None:
        """The caller of :meth:`submit` waits no longer, and the job goes on like any that was accepted. None where the
        job has ended meanwhile: then the future tells how."""
        self._store.let_go(id)  # first: whenever this process dies, the job is somebody's
        return self.job(id, owner=None) if self._waiters.take(id) else None

    def job(self, id: str, owner: str | None) -> JobRecord:
        """owner: None for one who may see everybody's. Raises UnknownJob, for another owner's too."""
        record = self._store.get(id) if is_id(id) else None
        if record and owner in (None, record.owner):
            return self._dispatcher.up_to_date(record)
        raise UnknownJob("There is no such job; it may have expired.")

    def watch(self, id: str) -> AbstractContextManager[Watch]:
        """Hear of the job's segments as they become final, where it is in work in this process, and of its end."""
        return self._board.watch(id)

    def end_watches(self) -> None:
        """Whoever watches is told to stop; before :meth:`close`, which they would hold up for nothing."""
        self._board.close()

    def jobs(
        self,
        owner: str | None,
        states: Sequence[State] = (),
        before: int | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> list[JobRecord]:
        """The newest first; owner: None for everybody's; before, after: the number of a job that is newer, or older,
        than these."""
        return self._store.list(owner, states, before, limit, after)

    def places(self, records: Sequence[JobRecord]) -> Mapping[str, int]:
        """How many jobs wait before each of those that wait, by their ids."""
        return self._store.places([record.id for record in records if record.state is State.QUEUED])

    def result(self, record: JobRecord) -> Current:
        """As people have changed it. Raises Unfinished for a job that has none, and what a failed job failed with."""
        return self._conversations.current(record)

    def edit(self, record: JobRecord, changes: list[Change], revision: str | None = None) -> Current:
        """See :meth:`Conversations.edit`."""
        return self._conversations.edit(record, changes, revision)

    def recluster(self, record: JobRecord, counts: dict[str, int | None], revision: str | None = None) -> Current:
        """counts: num_speakers, min_speakers, max_speakers. Raises ArtefactsExpired, InvalidOption, Unavailable, and
        as :meth:`result`."""
        check_done(record)
        job = self._follower.job_of(record)
        if job.options.channels == "per_channel":
            raise InvalidOption("per_channel gave every channel one speaker: there is nothing to count.", field="id")
        job = replace(job, options=replace(job.options, **counts), relabel=True)
        with self._few():
            return self._conversations.relabel(record, lambda: self._executor.relabel(job), revision)

    @contextmanager
    def _few(self) -> Iterator[None]:
        """Whoever waits for a recluster holds a thread of the server."""
        if not self._reclusters.acquire(blocking=False):
            raise Unavailable("Others are having their speakers told apart anew; try again.", retry_after=2)
        try:
            yield
        finally:
            self._reclusters.release()

    def undo(self, record: JobRecord, revision: str | None = None) -> Current:
        """Take the last change back. Raises NothingToUndo."""
        return self._conversations.undo(record, revision)

    def audio(self, record: JobRecord) -> Path:
        """The normalised recording: 16 kHz WAV. Raises UnknownJob for that of a cancelled job."""
        if record.state is State.CANCELLED:
            raise UnknownJob("The job was cancelled, and its recording is deleted.")
        return self._files.folder(record.id) / WAV

    def remove(self, id: str, owner: str | None) -> JobRecord | None:
        """Erase a job that has ended (None), or cancel another, whose files go once its work has stopped. owner: as in
        :meth:`job`. Raises UnknownJob."""
        self.job(id, owner)
        if self._store.erase(id):
            self._files.remove(id)
            return None
        return self.cancel(id)

    def cancel(self, id: str) -> JobRecord | None:
        """None for an unknown id; harmless for a job that has ended. One that runs ends within a few seconds."""
        record = self._store.cancel(id)
        if record and record.ended:
            self._follower.ended(id)
        self._dispatcher.cancel(id)
        return record

    def state(self) -> ExecutorState:
        """The executor's state, with every job counted that was accepted and is not in work as queued."""
        state, tool_errors = self._executor.state(), self._intake.tool_errors
        return replace(
            state,
            ready=state.ready and not tool_errors,
            errors=(*state.errors, *tool_errors),
            queued=max(0, self._seats.taken - state.running),
        )

    def close(self) -> None:
        """Stop the work; what is accepted is kept, but for jobs whose callers wait. Safe to call twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._intake.close()
        self.end_watches()
        self._dispatcher.stop()
        self._executor.close()
        self._dispatcher.join()
        self._sweeper.close()
        self.webhooks.close()
        for id in self._waiters.ids:
            self._follower.give_up(id, NotReady("The server is shutting down."))
        self._opened.close()


def _forget_the_waiting(storage: Storage) -> None:
    """Whoever waited for a job in a process that is dead is gone with it."""
    for id in storage.store.open_ids() if storage.alone else ():
        if (record := storage.store.get(id)) and record.request.get("waited_for"):
            storage.store.cancel(id)
            storage.files.remove(id)
