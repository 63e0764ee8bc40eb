"""An API key: ``dk_<id>_<secret>``. Its text is shown once; what is kept of it is the id and a SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from enum import StrEnum

_ID_LETTERS = string.ascii_lowercase + string.digits
_SECRET_BYTES = 32  # so many that a fast hash is as good as a slow one: nobody can try them all
_TEXT = re.compile(r"dk_([a-z0-9]{8})_[A-Za-z0-9_-]{32,128}")


class Scope(StrEnum):
    """What a key is good for. ADMIN is good for all, and for everybody's jobs."""

    READ = "jobs:read"
    WRITE = "jobs:write"
    METRICS = "metrics"
    ADMIN = "admin"


@dataclass(frozen=True)
class KeyRecord:
    """What is known of a key. Times are seconds since 1970, by the database's clock; used_at: to a few minutes;
    read_at: when this was read."""

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: str
    created_at: float
    expires_at: float | None
    used_at: float | None
    revoked_at: float | None
    read_at: float

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= self.read_at else "active"


def new_text() -> str:
    """A key that nobody has."""
    id = "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
    return f"dk_{id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def id_in(text: str) -> str | None:
    """The id in a key's text; None where it is no key at all."""
    match = _TEXT.fullmatch(text)
    return match[1] if match else None


def digest_of(text: str) -> str:
    """SHA-256, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
