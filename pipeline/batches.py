"""Pieces of sound -> batches that lanes finish together.

All pieces of a batch are padded to the longest, so each costs as much as that one. Lanes take batches in rounds: a
round that is not full, or has one batch larger than the others, leaves lanes idle.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.chunks import fitting

_HALVINGS = 12  # of the seconds that are searched for


def batch_sizes(durations: Sequence[float], seconds: float, lanes: int = 1) -> list[int]:
    """How many pieces go into each batch, in order. durations: of the pieces, s; longest first.

    No batch has more than ``seconds`` s, padding included, unless it is one piece; there is a whole number of batches
    for each lane, where there are as many pieces, and they are as even as can be.
    """
    rounds = -(-_count(durations, seconds) // lanes)
    sizes, first = list[int](), 0
    for batches in range(min(rounds * lanes, len(durations)), 0, -1):
        left = durations[first:]
        seconds = _least(left, batches, seconds)
        sizes.append(min(fitting(left[0], seconds), len(left) - batches + 1))
        first += sizes[-1]
    return sizes


def _least(durations: Sequence[float], batches: int, seconds: float) -> float:
    """About as few seconds for each of so many batches as will do; ``seconds`` do."""
    low, high = min(seconds, sum(durations) / batches), seconds
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _count(durations, middle) <= batches else (middle, high)
    return high


def _count(durations: Sequence[float], seconds: float) -> int:
    """Batches of up to ``seconds`` s, each as full as can be."""
    count, first = 0, 0
    while first < len(durations):
        first += fitting(durations[first], seconds)
        count += 1
    return count
