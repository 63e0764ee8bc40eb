"""Logs go to the console and to LOG_DIR/diarization_api.log; every line names its request and its job.

What a recording says, what the client called it and any key stay out: log ids, counts and seconds. What an exception
says is left out too, whoever logs it.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from settings import ROOT, Settings

log = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="-")
job_id: ContextVar[str] = ContextVar("job_id", default="-")

_FORMAT = "%(asctime)s %(levelname)-7s %(process)d request=%(request)s job=%(job)s %(name)s: %(message)s"
_NAMES = {
    "time": "time",
    "levelname": "level",
    "name": "logger",
    "message": "message",
    "request": "request_id",
    "job": "job_id",
    "process": "process",
    "exc_info": "exception",
}  # of a record's fields, in JSON
_SERVERS = ("gunicorn", "werkzeug")


def configure_logging(settings: Settings) -> None:
    """Set up this process's logs; calling it again replaces what the last call set up.

    Our own modules log at LOG_LEVEL, the servers too (:func:`server_level`). Everybody else's log only warnings,
    whatever LOG_LEVEL is, because a model library at DEBUG writes out what was said; NEMO_LOG_LEVEL holds for NeMo
    and for Python's warnings.
    """
    logging.basicConfig(level=logging.WARNING, handlers=_handlers(settings), force=True)
    for name in _own_modules():
        logging.getLogger(name).setLevel(settings.log_level)
    for name in _SERVERS:
        logging.getLogger(name).setLevel(server_level(settings))
    logging.captureWarnings(True)
    for name in ("nemo_logger", "nv_one_logger", "py.warnings"):
        logging.getLogger(name).setLevel(settings.nemo_log_level)


def server_level(settings: Settings) -> str:
    """LOG_LEVEL, but for DEBUG: at that level the servers quote what clients sent."""
    return "INFO" if settings.log_level == "DEBUG" else settings.log_level


def forget_ids() -> None:
    """What this thread logs from now on belongs to no request and no job."""
    request_id.set("-")
    job_id.set("-")


def log_uncaught() -> None:
    """From now on the log has what nobody caught in this process; Python would print it, message and all."""
    sys.excepthook = lambda _kind, error, _traceback: _log_uncaught(error)
    threading.excepthook = lambda thrown: _log_uncaught(thrown.exc_value)


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
        log.warning("LOG_DIR cannot be written (%s): logging to the console only", error)
    for handler in handlers:
        handler.setFormatter(_Json() if settings.log_format == "json" else _Text(_FORMAT))
        handler.addFilter(_complete)
    return handlers


class _Text(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        return traceback_without_message(ei[1])


class _Json(JsonFormatter):
    """An object on a line of its own, with the keys of _NAMES and no others; null where there is nothing."""

    def __init__(self) -> None:
        super().__init__([name for name in _NAMES if name != "exc_info"], rename_fields=_NAMES, json_ensure_ascii=False)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: None if value == "-" else value for name, value in log_data.items() if name in _NAMES.values()}

    def formatException(self, ei: Any) -> str:
        return traceback_without_message(ei[1])


def _log_uncaught(error: BaseException | None) -> None:
    if error and not isinstance(error, KeyboardInterrupt | SystemExit):
        log.critical("Uncaught exception:\n%s", traceback_without_message(error))


def _complete(record: logging.LogRecord) -> bool:
    record.time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    record.request = request_id.get()
    record.job = job_id.get()
    return True


def _own_modules() -> list[str]:
    return [path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
