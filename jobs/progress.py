"""How far a job is, over all of its stages."""

from __future__ import annotations

# What each stage takes of the time of a typical job; an estimate, as is all that follows from it.
SHARES = {"speech": 0.1, "voices": 0.4, "words": 0.45, "merge": 0.05}


def overall(stage: str, fraction: float) -> float:
    """0 to 1. fraction: of ``stage``; a stage that is not known counts as the beginning."""
    names = list(SHARES)
    if stage not in SHARES:
        return 0.0
    return sum(SHARES[name] for name in names[: names.index(stage)]) + SHARES[stage] * fraction


def seconds_left(elapsed: float, done: float) -> float | None:
    """elapsed: s since the job began; done: 0 to 1. None where that says nothing yet."""
    return elapsed * (1 - done) / done if done > 0.02 else None
