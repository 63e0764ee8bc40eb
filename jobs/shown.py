"""A job as its callers see it, in an answer or a webhook: plain data, and nothing that only the server needs."""

from __future__ import annotations

import time
from typing import Any

from jobs.progress import overall, seconds_left
from jobs.record import JobRecord
from jobs.states import State


def shown(record: JobRecord, place: int | None = None) -> dict[str, Any]:
    """place: how many wait before it, of a job that waits. Times are seconds since 1970."""
    done = 1.0 if record.state is State.DONE else overall(record.stage, record.fraction)
    return {
        "id": record.id,
        "state": record.state,
        "stage": record.stage or None,
        "percent": round(100 * done, 1),
        "seconds_left": _left(record, done) if record.state is State.RUNNING else None,
        "queue_place": place,
        "duration": record.seconds,
        "metadata": record.notes,
        "warnings": record.warnings,
        "error": record.error,
        "attempts": record.attempts,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
    }


def _left(record: JobRecord, done: float) -> float | None:
    """None in a later attempt: when it began is not written down."""
    if record.token > 1 or record.attempts > 1:
        return None
    left = seconds_left(time.time() - (record.started_at or time.time()), done)
    return None if left is None else round(max(0.0, left), 1)
