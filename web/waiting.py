"""One who waits for what comes of the recording that it sent. A job whose client has gone away is taken back."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import request
from werkzeug.exceptions import ClientDisconnected

from pipeline.known import KnownClip
from pipeline.types import Conversation, Options
from web.callers import current_caller
from web.client import has_gone
from web.context import current_service
from web.upload import UploadRequest
from web.warned import warn

CLIENT_CHECK = 1.0  # seconds between two looks at whether the client still waits


@dataclass(frozen=True)
class Work:
    """id: of the job; outcome: its conversation, or a DiarizationError; client: who waits for it."""

    id: str
    outcome: Future[Conversation]
    client: socket.socket | None

    def result(self) -> Conversation:
        """What it warns of is told in a header of this request's answer (web/warned.py). Raises what the job ended with
        in place of it, and ClientDisconnected."""
        self.ends_by(None)
        conversation = self.outcome.result()
        warn(conversation.warnings)
        return conversation

    def ends_by(self, until: float | None) -> bool:
        """Whether the job ends in time (of ``time.monotonic``). Raises ClientDisconnected."""
        while not self.outcome.done():
            left = CLIENT_CHECK if until is None else min(CLIENT_CHECK, until - time.monotonic())
            if left <= 0:
                return False
            if not wait([self.outcome], timeout=left).done and has_gone(self.client):
                self.outcome.cancel()
                raise ClientDisconnected
        return True


def submit(
    recording: Path, name: str, options: Options, warnings: Sequence[str] = (), known: Sequence[KnownClip] = ()
) -> Work:
    """recording: as this request brought it (web/upload.py). Raises as ``Service.accept``."""
    upload, service = cast(UploadRequest, request), current_service()
    folder = upload.take_folder() or service.open_folder()
    given = {"folder": folder, "owner": current_caller().id, "warnings": warnings, "known": known}
    job = service.submit(recording, options, name, **given)
    return Work(folder.id, job, upload.environ.get("gunicorn.socket"))
