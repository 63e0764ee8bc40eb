"""Who else speaks while a segment is said."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from pipeline.types import Segment, Turn


class Turns:
    """Those of a conversation, found by time: an hour has thousands, and as many segments."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: turn.start)
        self._starts = [turn.start for turn in self._turns]
        self._reached = [*accumulate((turn.end for turn in self._turns), max)]  # by each and all before it

    def beside(self, segment: Segment) -> list[Turn]:
        """Those of others that share time with its words, of which there must be some."""
        start, end = min(word.start for word in segment.words), max(word.end for word in segment.words)
        found = self._turns[bisect_right(self._reached, start) : bisect_left(self._starts, end)]
        return [turn for turn in found if turn.speaker != segment.speaker and turn.end > start]
