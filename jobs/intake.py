"""The way in: a recording is received, checked, decoded and stored as a job."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from audio_utils import Limits, ffmpeg_version, normalise
from errors import InvalidOption, KeyReused, MediaToolError, ModelError, NotReady
from executors.base import Executor
from jobs import clips
from jobs.files import JobFiles
from jobs.folders import JobFolder, JobFolders
from jobs.pending import check_room
from jobs.record import JobRecord, NewJob, fingerprint
from jobs.seats import Seats
from jobs.store import JobStore
from jobs.webhooks.webhooks import Webhooks
from logging_setup import job_id
from pipeline.known import KnownClip
from pipeline.types import Options
from settings import Settings

log = logging.getLogger(__name__)


class Intake:
    """Safe between threads. ffmpeg: its version; tool_errors: what is wrong with it."""

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        folders: JobFolders,
        store: JobStore,
        files: JobFiles,
        seats: Seats,
        webhooks: Webhooks,
    ) -> None:
        self._settings, self._executor, self._folders = settings, executor, folders
        self._store, self._files, self._seats, self._webhooks = store, files, seats, webhooks
        # Decoders run in the web process's threads; more of them than cores would only slow each other down.
        self._decoders = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._queueing = threading.Lock()
        self._closed = threading.Event()
        self.ffmpeg, self.tool_errors = _find_ffmpeg(settings)

    def close(self) -> None:
        """From now on nothing is taken in: NotReady."""
        self._closed.set()

    def check_open(self, owner: str = "", key: str | None = None) -> None:
        """See :meth:`jobs.service.Service.check_open`."""
        self._check_running()
        if key and self._store.by_key(owner, key):
            return  # whoever repeats a request needs no room
        if errors := (*self._executor.state().errors, *self.tool_errors):
            raise ModelError(" ".join(errors))
        if most := self._most(owner):
            check_room(self._store.pending(owner), most)
        self._seats.check()

    def open_folder(self) -> JobFolder:
        """Raises NotReady."""
        self._check_running()
        return self._folders.new()

    def accept(
        self,
        upload: BinaryIO | Path,
        options: Options,
        name: str,
        folder: JobFolder,
        *,
        owner: str = "",
        metadata: dict[str, Any] | None = None,
        warnings: Sequence[str] = (),
        idempotency_key: str | None = None,
        webhook_url: str | None = None,
        known: Sequence[KnownClip] = (),
        waited_for: bool = False,
        dialect: dict[str, Any] | None = None,
    ) -> JobRecord:
        """See :meth:`jobs.service.Service.accept`."""
        with ExitStack() as undo, ExitStack() as always:
            always.callback(folder.remove)
            self.check_profile(options.profile)
            source = upload if isinstance(upload, Path) else _save(upload, folder.path / "upload")
            known = clips.checked(known)
            request = {"options": options.to_dict(), "waited_for": waited_for, "known": [clip.name for clip in known]}
            request |= {"dialect": dialect} if dialect else {}
            told = {"metadata": metadata, "webhook_url": webhook_url}
            sounds = [source, *(clip.audio for clip in known)]
            asked = fingerprint(request | told, *sounds) if idempotency_key else None
            if earlier := self._earlier(owner, idempotency_key, asked):
                return earlier
            if webhook_url:
                self._webhooks.check(webhook_url)
            self.check_open()
            self._seats.take(folder.id)
            undo.callback(self._seats.give_back, folder.id)
            undo.callback(self._files.remove, folder.id)
            prepared = self._prepare(source, options, name, folder.id, known)
            job = replace(
                prepared,
                request=request,
                notes=metadata or {},
                warnings=(*prepared.warnings, *warnings),
                owner=owner,
                idempotency_key=idempotency_key,
                fingerprint=asked,
                webhook_url=webhook_url,
            )
            record = self._store_in_order(job)
            if record.id != job.id:  # the same request came twice at once
                return _same(record, asked)
            undo.pop_all()
        return record

    def _store_in_order(self, job: NewJob) -> JobRecord:
        with self._queueing:  # so that the log has the jobs in the order in which they wait
            record = self._store.add(job, self._most(job.owner))
            if record.id == job.id:
                self._seats.keep(job.id)
                log.info("Job accepted: %.1f s of audio", job.seconds)
        return record

    def _most(self, owner: str) -> int:
        """The cap is a key's: those who come without one share what the queue holds."""
        return self._settings.max_pending_per_key if owner else 0

    def _check_running(self) -> None:
        if self._closed.is_set():
            raise NotReady("The server is shutting down.")

    def check_profile(self, name: str | None) -> None:
        """Requests choose among names that the operator wrote down, and nothing else: models are code."""
        if name is not None and name not in (names := self.profiles):
            raise InvalidOption(f"profile must be one of {', '.join(names)}.", field="profile")

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names that a request may choose from, that of MODEL_CONFIG first."""
        chosen = self._executor.state().profile  # what "auto" came to
        names = dict.fromkeys([self._settings.profile_name, chosen, *self._settings.further_profiles])
        return tuple(filter(None, names))

    def _prepare(self, source: Path, options: Options, name: str, id: str, known: Sequence[KnownClip]) -> NewJob:
        job_id.set(id)
        folder, limits = self._files.new(id), Limits.of(self._settings)
        with self._decoders:
            clips.normalise_all(known, folder, limits)
            audio = normalise(source, folder, limits, options.channels)
        return NewJob(id, name, audio.duration, warnings=tuple(audio.warnings))

    def _earlier(self, owner: str, key: str | None, fingerprint: str | None) -> JobRecord | None:
        earlier = self._store.by_key(owner, key) if key else None
        return _same(earlier, fingerprint) if earlier else None


def _same(earlier: JobRecord, fingerprint: str | None) -> JobRecord:
    if earlier.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request.", field="Idempotency-Key")
    return earlier


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
