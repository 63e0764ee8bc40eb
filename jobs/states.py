"""The states of a job, and which may follow which. Nothing follows an end."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


# A running job is queued again when its worker died, or its server was stopped. One that is done without having run was
# begun while the database was away.
FOLLOWS = {
    State.QUEUED: {State.RUNNING, State.DONE, State.FAILED, State.CANCELLED},
    State.RUNNING: {State.QUEUED, State.DONE, State.FAILED, State.CANCELLED},
    State.DONE: set[State](),
    State.FAILED: set[State](),
    State.CANCELLED: set[State](),
}
ENDED = frozenset(state for state, following in FOLLOWS.items() if not following)
