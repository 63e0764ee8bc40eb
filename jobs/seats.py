"""The limit of the queue: which jobs are open, and what to tell those who find it full."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from errors import QueueFull

LONGEST_WAIT = 3600
RECENT_JOBS = 8


@dataclass
class Seat:
    """taken_at: monotonic seconds; stored: the job is in the table."""

    taken_at: float
    stored: bool = False


class Seats:
    """``limit`` jobs may be open at once; a job is open from the moment it is accepted until it has ended.

    stored: the ids of those that are open from the start.
    """

    def __init__(self, limit: int, stored: Iterable[str] = ()) -> None:
        self._limit = limit
        now = time.monotonic()
        self._seats = {id: Seat(now, stored=True) for id in stored}
        self._lock = threading.Lock()
        self._seconds: deque[float] = deque(maxlen=RECENT_JOBS)
        self._last_end = 0.0

    @property
    def taken(self) -> int:
        return len(self._seats)

    @property
    def stored(self) -> set[str]:
        """The ids of the open jobs that are in the table."""
        with self._lock:
            return {id for id, seat in self._seats.items() if seat.stored}

    def check(self) -> None:
        """Raises QueueFull when no seat is free."""
        if self.taken >= self._limit:
            raise QueueFull("The queue is full; try again later.", retry_after=self.retry_after())

    def take(self, id: str) -> None:
        """Raises QueueFull."""
        with self._lock:
            self.check()
            self._seats[id] = Seat(time.monotonic())

    def keep(self, id: str) -> None:
        """The job is in the table now; harmless when it has ended already."""
        with self._lock:
            if id in self._seats:
                self._seats[id].stored = True

    def give_back(self, id: str, worked: bool = False) -> float | None:
        """The seconds since the seat was taken; None where the job has none (any longer). worked: somebody ran it.

        Jobs run one after another, so it ran since its seat was taken or since the last one ended."""
        with self._lock:
            if (seat := self._seats.pop(id, None)) is None:
                return None
            now = time.monotonic()
            if worked:
                self._seconds.append(now - max(seat.taken_at, self._last_end))
                self._last_end = now
            return now - seat.taken_at

    def retry_after(self) -> int:
        """Seconds until half of the open jobs should be done, by the mean of the last few."""
        mean = sum(self._seconds) / len(self._seconds) if self._seconds else 5.0
        return max(1, min(LONGEST_WAIT, round(mean * self.taken / 2)))
