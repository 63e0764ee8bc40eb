"""What the store knows of a job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.states import ENDED, State


@dataclass(frozen=True)
class NewJob:
    """A job to be stored. request: what is to be done, as plain data; notes: the caller's own; owner: the id of the
    API key, empty without keys; fingerprint: see :func:`fingerprint`; webhook_url: who is told of its end, checked."""

    id: str
    name: str = "audio"
    seconds: float = 0.0
    request: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    owner: str = ""
    idempotency_key: str | None = None
    fingerprint: str | None = None
    webhook_url: str | None = None


@dataclass(frozen=True)
class JobRecord:
    """A row. Times are seconds since 1970; fraction: of ``stage``, 0 to 1; attempts: those that count
    against JOB_ATTEMPTS, with the one under way; in the record of a claim, without it."""

    number: int
    id: str
    owner: str
    state: State
    name: str
    seconds: float
    request: dict[str, Any]
    notes: dict[str, Any]
    warnings: tuple[str, ...]
    stage: str
    fraction: float
    cancel_asked: bool
    error: dict[str, str | None] | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    token: int
    attempts: int
    fingerprint: str | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def dialect(self) -> dict[str, Any]:
        """See :meth:`jobs.service.Service.accept`; empty for a request in our own words."""
        return self.request.get("dialect", {})


def fingerprint(request: dict[str, Any], *uploads: Path) -> str:
    """Tells two requests under one idempotency key apart, by what they ask and by every byte they send."""
    whole = hashlib.sha256(json.dumps(request, sort_keys=True).encode())
    for upload in uploads:
        with upload.open("rb") as file:
            whole.update(b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
