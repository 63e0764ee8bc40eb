"""Parquet: a row per segment, or per word, with types, for data frames.

The library that writes it takes more memory than the whole web process, so a process of its own does, for a second, and
a few at a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from errors import DiarizationError, Unavailable
from formats.table import segment_rows, word_rows
from pipeline.types import Conversation

NAME = "parquet"
MIMETYPE = "application/vnd.apache.parquet"
EXTENSION = "parquet"

_WRITER = Path(__file__).with_name("parquet_writer.py")
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")  # no keys and passwords
_TIMEOUT = 60.0  # s; an hour of words takes one
_PATIENCE = 15.0  # s that one waits for others; each holds a thread of the server's
_few = BoundedSemaphore(2)


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> bytes:
    """Columns as in ``formats/table.py``; text as it is, but for lone surrogates, which become ``?``. Raises
    DiarizationError where the writer fails, Unavailable where too many others are being written."""
    rows = list(word_rows(conversation) if words else segment_rows(conversation))
    return _write({"words": words, "rows": [{key: _text(value) for key, value in row.items()} for row in rows]})


def _text(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _write(table: dict[str, Any]) -> bytes:
    if not _few.acquire(timeout=_PATIENCE):
        raise Unavailable("Other Parquet files are being written; try again.", retry_after=3)
    try:
        return _written(table)
    finally:
        _few.release()


def _written(table: dict[str, Any]) -> bytes:
    # -P: this very folder has a json.py and a csv.py, which the writer must not find in place of Python's.
    command = [sys.executable, "-P", str(_WRITER)]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        given = json.dumps(table).encode()
        done = subprocess.run(command, input=given, capture_output=True, env=environment, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):
        raise DiarizationError("The Parquet file could not be written.") from None
    if done.returncode:
        raise DiarizationError("The Parquet file could not be written.")
    return done.stdout
