"""The only door to the work, for the web and for the command line: audio in, a future conversation out."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from audio_utils import Limits, ffmpeg_version, normalise
from errors import InvalidOption, MediaToolError, ModelError, NotReady
from executors.base import Executor, ExecutorState
from jobs.folders import JobFolder, JobFolders
from jobs.job import Job
from jobs.seats import Seats
from logging_setup import job_id
from pipeline.types import Conversation, OnProgress, Options
from settings import Settings

log = logging.getLogger(__name__)


class Service:
    """Takes recordings in, keeps their files, and hands them to the executor in order.

    A later store of jobs goes behind :meth:`submit`; its callers need not know.
    """

    def __init__(self, settings: Settings, executor: Executor) -> None:
        self._settings = settings
        self._executor = executor
        self._folders = JobFolders(settings.temp_audio_dir)
        self._seats = Seats(settings.max_queue + 1)  # those that wait, and the one in work
        # Decoders run in the web process's threads; more of them than cores would only slow each other down.
        self._decoders = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._queueing = threading.Lock()
        self._closed = threading.Event()
        self.ffmpeg, self._tool_error = _find_ffmpeg(settings)

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
        """Decode ``upload`` and queue it; the future ends with the conversation or with a DiarizationError.

        ``folder`` (from :meth:`open_folder`) is removed, with all in it, once the job has ended or this call has
        failed; a Path outside it is only read. Raises InputError for what cannot be used, QueueFull, NotReady,
        ModelError and MediaToolError.
        """
        folder = folder or self.open_folder()
        with ExitStack() as undo:
            undo.callback(folder.remove)
            self._check_profile(options.profile)
            self.check_open()
            taken_at = self._seats.take()
            undo.callback(self._seats.give_back)
            job = self._prepare(upload, options, name, folder)
            with self._queueing:  # so that the log has the jobs in the order in which they wait
                future = self._executor.submit(job, on_progress)
                log.info("Job accepted: %.1f s of audio", job.seconds)
            ended = undo.pop_all()
        future.add_done_callback(lambda future: self._end(future, taken_at, ended))
        return future

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
        """End every job and remove every file. Safe to call twice."""
        self._closed.set()
        self._executor.close()
        self._folders.close()

    def _check_running(self) -> None:
        if self._closed.is_set():
            raise NotReady("The server is shutting down.")

    def _check_profile(self, name: str | None) -> None:
        """Requests choose among names that the operator wrote down, and nothing else: models are code."""
        chosen = self._executor.state().profile  # what "auto" came to
        names = dict.fromkeys([self._settings.profile_name, chosen, *self._settings.further_profiles])
        if name is not None and name not in filter(None, names):
            raise InvalidOption(f"profile must be one of {', '.join(filter(None, names))}.", field="profile")

    def _prepare(self, upload: BinaryIO | Path, options: Options, name: str, folder: JobFolder) -> Job:
        job_id.set(folder.id)
        source = upload if isinstance(upload, Path) else _save(upload, folder.path / "upload")
        with self._decoders:
            audio = normalise(source, folder.path, Limits.of(self._settings), options.channels)
        if source.parent == folder.path:
            source.unlink()  # an upload can be many times the size of what is kept
        return Job(folder.id, audio.path, options, name, tuple(audio.warnings), audio.duration)

    def _end(self, future: Future[Conversation], taken_at: float, ended: ExitStack) -> None:
        if future.cancelled():
            log.info("Job taken back before it began")
        else:
            self._seats.note_job(taken_at)
            log.info("Job %s %.1f s after it was accepted", _outcome(future), time.monotonic() - taken_at)
        ended.close()


def _outcome(future: Future[Conversation]) -> str:
    error = future.exception()
    return f"failed ({getattr(error, 'code', type(error).__name__)})" if error else "done"


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
