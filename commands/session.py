"""The pipeline in this very process, loaded once for all the files of a command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from audio_utils import Limits, normalise
from commands.progress import Bars, stage_bars
from errors import DiarizationError
from executors.base import Processor, Reports, run_jobs
from jobs.folders import JobFolders
from jobs.job import Job
from logging_setup import configure_logging, traceback_without_message
from pipeline.types import Conversation, OnProgress, Options
from settings import Settings

log = logging.getLogger(__name__)


class Session:
    """Transcribes one file after another. ``models`` names the model of each stage."""

    lost = False  # what is in this process cannot go away

    def __init__(self, processor: Processor, settings: Settings, folders: JobFolders, bars: Bars | None = None) -> None:
        self._processor, self._limits, self._folders = processor, Limits.of(settings), folders
        self._bars = bars or stage_bars
        self.models = processor.models

    def transcribe(self, file: Path, options: Options, name: str) -> Conversation:
        """Shows its progress on a terminal. Raises DiarizationError, whatever went wrong."""
        # stdout carries results only; a library that prints must not get between them.
        with redirect_stdout(sys.stderr), self._bars(name) as on_progress:
            try:
                return self._work(file, options, name, on_progress)
            except DiarizationError:
                raise
            except Exception as error:
                log.error("Unexpected error\n%s", traceback_without_message(error))
                raise DiarizationError(f"Unexpected error: {type(error).__name__}.") from error

    def _work(self, file: Path, options: Options, name: str, on_progress: OnProgress | None) -> Conversation:
        folder = self._folders.new()
        try:
            audio = normalise(file, folder.path, self._limits, options.channels)
            job = Job(folder.id, audio.path, options, name, tuple(audio.warnings), audio.duration)
            (outcome,) = run_jobs(self._processor, [job], [Reports(on_progress)])
        finally:
            folder.remove()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@contextmanager
def open_session(settings: Settings, bars: Bars | None = None) -> Iterator[Session]:
    """Load the models; on leaving, remove every temporary file. Raises ModelError."""
    # The command reports for itself: the service's running commentary would only break up the bars.
    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    with redirect_stdout(sys.stderr):
        from nemo_processor import load_processor  # brings in torch and NeMo, seconds

        processor, folders = load_processor(settings), JobFolders(settings.temp_audio_dir)
    try:
        yield Session(processor, settings, folders, bars)
    finally:
        folders.close()
