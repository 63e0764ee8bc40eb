"""An error as it leaves, before a dialect gives it its shape."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """status: HTTP's; code, message, field: as errors.py has them, the field by the dialect's own name for it;
    request_id: by which the server's log has it."""

    status: int
    code: str
    message: str
    field: str | None = None
    request_id: str = ""
