"""What is known in this process of jobs in work, beside the table: their segments, as they become final.

In memory, and gone with the process: whoever watches a job hears it again from the beginning then.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from pipeline.types import Segment

MOST_SEGMENTS = 20_000  # of a job; those of ten hours of talk. Beyond it the oldest are forgotten here
_POSITION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")


@dataclass(frozen=True)
class Position:
    """Up to where somebody has heard of a job: so many segments of one try. token: of the claim, 0 before the first;
    restarts: within that claim."""

    token: int = 0
    restarts: int = 0
    heard: int = 0

    def __str__(self) -> str:
        return f"{self.token}.{self.restarts}.{self.heard}"

    @classmethod
    def read(cls, text: str) -> Position:
        """The beginning, for anything that ``str`` has not written."""
        found = _POSITION.fullmatch(text)
        return cls(*map(int, found.groups())) if found else cls()


@dataclass(frozen=True)
class News:
    """What is new since a position. restarted: what was heard before is void; first: the number of ``segments[0]``,
    from 0; position: from which to ask next."""

    restarted: bool
    first: int
    segments: Sequence[Segment]
    position: Position


@dataclass(eq=False)
class _Notes:
    """Of one job. changes: counts them; dropped: segments that are forgotten."""

    token: int = 0
    restarts: int = 0
    segments: deque[Segment] = field(default_factory=deque)
    dropped: int = 0
    changes: int = 0
    in_work: bool = False
    watchers: int = 0

    def begin(self, token: int, restarts: int) -> None:
        self.token, self.restarts, self.dropped, self.in_work = token, restarts, 0, True
        self.segments.clear()

    def add(self, segments: Sequence[Segment]) -> None:
        self.segments.extend(replace(segment, words=()) for segment in segments)
        while len(self.segments) > MOST_SEGMENTS:
            self.segments.popleft()
            self.dropped += 1

    def since(self, position: Position) -> News:
        if self.token == 0:  # nobody has begun here: what was heard elsewhere, or earlier, still stands
            return News(False, position.heard, (), position)
        other = (position.token, position.restarts) != (self.token, self.restarts)
        total = self.dropped + len(self.segments)
        first = self.dropped if other else min(max(position.heard, self.dropped), total)
        segments = tuple(islice(self.segments, first - self.dropped, None))
        return News(other and position.heard > 0, first, segments, Position(self.token, self.restarts, total))


class Board:
    """Safe between threads. A job is on it while it is in work here, or watched."""

    def __init__(self) -> None:
        self._jobs = dict[str, _Notes]()
        self._changed = threading.Condition()
        self.closed = False

    def begin(self, id: str, token: int) -> None:
        """A claim's work on the job begins here, or begins again."""
        with self._change(id) as notes:
            if token >= notes.token:
                notes.begin(token, notes.restarts + 1 if token == notes.token else 0)

    def add(self, id: str, token: int, segments: Sequence[Segment]) -> None:
        """Segments that have become final, under that claim."""
        with self._change(id) as notes:
            if notes.token == token:
                notes.add(segments)

    def end(self, id: str) -> None:
        """Nobody works on the job here any longer; who watches it looks again."""
        with self._change(id) as notes:
            notes.in_work = False

    def close(self) -> None:
        """Whoever watches is to stop."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    @contextmanager
    def watch(self, id: str) -> Iterator[Watch]:
        """From here on nothing that is said of the job is missed."""
        with self._change(id) as notes:
            notes.watchers += 1
        try:
            yield Watch(self, notes, self._changed)
        finally:
            with self._change(id):
                notes.watchers -= 1

    @contextmanager
    def _change(self, id: str) -> Iterator[_Notes]:
        with self._changed:
            notes = self._jobs.setdefault(id, _Notes())
            yield notes
            notes.changes += 1
            if not (notes.in_work or notes.watchers):
                del self._jobs[id]
            self._changed.notify_all()


class Watch:
    """One who watches a job."""

    def __init__(self, board: Board, notes: _Notes, changed: threading.Condition) -> None:
        self._board, self._notes, self._changed = board, notes, changed
        self._seen = -1

    def since(self, position: Position) -> News:
        with self._changed:
            self._seen = self._notes.changes
            return self._notes.since(position)

    def wake(self) -> None:
        """There is something new, of which the board does not know."""
        with self._changed:
            self._notes.changes += 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Until something is new since the last look, ``timeout`` s at most; False when it is time to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._board.closed or self._notes.changes != self._seen, timeout)
            return not self._board.closed
