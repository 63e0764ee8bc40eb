"""Logs go to the console and to LOG_DIR/diarization_api.log; every line names its request and its job.

What a recording says, what the client called it and any key stay out: log ids, counts and seconds.
"""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from logging.handlers import WatchedFileHandler

from settings import ROOT, Settings

request_id: ContextVar[str] = ContextVar("request_id", default="-")
job_id: ContextVar[str] = ContextVar("job_id", default="-")

_FORMAT = "%(asctime)s %(levelname)-7s %(process)d request=%(request)s job=%(job)s %(name)s: %(message)s"
_SERVERS = ("gunicorn", "werkzeug")


def configure_logging(settings: Settings) -> None:
    """Set up this process's logs; calling it again replaces what the last call set up.

    Our own modules log at LOG_LEVEL. Everybody else's log only warnings, whatever LOG_LEVEL is, because a model
    library at DEBUG writes out what was said; NEMO_LOG_LEVEL holds for NeMo and for Python's warnings.
    """
    logging.basicConfig(level=logging.WARNING, handlers=_handlers(settings), force=True)
    for name in (*_own_modules(), *_SERVERS):
        logging.getLogger(name).setLevel(settings.log_level)
    logging.captureWarnings(True)
    for name in ("nemo_logger", "nv_one_logger", "py.warnings"):
        logging.getLogger(name).setLevel(settings.nemo_log_level)


def traceback_without_message(error: BaseException) -> str:
    """Where ``error`` was raised and its type. Its message is left out: it may quote the transcript."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def _handlers(settings: Settings) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    try:
        settings.log_dir.mkdir(parents=True, exist_ok=True)
        # Several processes append to this file, so none of them may rotate it; reopening after logrotate is safe.
        handlers.append(WatchedFileHandler(settings.log_file, encoding="utf-8"))
    except OSError as error:
        logging.getLogger("settings").warning("LOG_DIR cannot be written (%s): logging to the console only", error)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.addFilter(_add_ids)
    return handlers


def _add_ids(record: logging.LogRecord) -> bool:
    record.request = request_id.get()
    record.job = job_id.get()
    return True


def _own_modules() -> list[str]:
    return [path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
