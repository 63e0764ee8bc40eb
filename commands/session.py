"""The pipeline in this very process, loaded once for all the files of a command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from commands.progress import stage_bars
from errors import DiarizationError
from executors.inline import InlineExecutor
from jobs.service import Service
from logging_setup import configure_logging, traceback_without_message
from pipeline.types import Conversation, Options
from settings import Settings

log = logging.getLogger(__name__)


class Session:
    """Transcribes one file after another. ``models`` names the model of each stage."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.models = service.state().models

    def transcribe(self, file: Path, options: Options, name: str) -> Conversation:
        """Shows its progress on a terminal. Raises DiarizationError, whatever went wrong."""
        # stdout carries results only; a library that prints must not get between them.
        with redirect_stdout(sys.stderr), stage_bars(name) as on_progress:
            try:
                return self._service.submit(file, options, name, on_progress=on_progress).result()
            except DiarizationError:
                raise
            except Exception as error:
                log.error("Unexpected error\n%s", traceback_without_message(error))
                raise DiarizationError(f"Unexpected error: {type(error).__name__}.") from error


@contextmanager
def open_session(settings: Settings) -> Iterator[Session]:
    """Load the models; on leaving, remove every temporary file. Raises ModelError."""
    # The command reports for itself: the service's running commentary would only break up the bars.
    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    with redirect_stdout(sys.stderr):
        from nemo_processor import load_processor  # brings in torch and NeMo, seconds

        service = Service(settings, InlineExecutor(load_processor(settings)))
    try:
        yield Session(service)
    finally:
        service.close()
