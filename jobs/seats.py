"""The limit of the queue, and what to tell those who find it full."""

from __future__ import annotations

import threading
import time
from collections import deque

from errors import QueueFull

LONGEST_WAIT = 3600
RECENT_JOBS = 8


class Seats:
    """``limit`` jobs may be open at once; a job is open from the moment it is accepted until it has ended."""

    def __init__(self, limit: int, taken: int = 0) -> None:
        self._limit = limit
        self._taken = taken
        self._lock = threading.Lock()
        self._seconds: deque[float] = deque(maxlen=RECENT_JOBS)
        self._last_end = 0.0

    @property
    def taken(self) -> int:
        return self._taken

    def check(self) -> None:
        """Raises QueueFull when no seat is free."""
        if self._taken >= self._limit:
            raise QueueFull("The queue is full; try again later.", retry_after=self.retry_after())

    def take(self) -> float:
        """The time at which a seat was taken (monotonic seconds). Raises QueueFull."""
        with self._lock:
            self.check()
            self._taken += 1
        return time.monotonic()

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1

    def note_job(self, taken_at: float) -> None:
        """A job ended. Jobs run one after another, so it ran since its seat was taken or since the last one ended."""
        now = time.monotonic()
        with self._lock:
            self._seconds.append(now - max(taken_at, self._last_end))
            self._last_end = now

    def retry_after(self) -> int:
        """Seconds until half of the open jobs should be done, by the mean of the last few."""
        mean = sum(self._seconds) / len(self._seconds) if self._seconds else 5.0
        return max(1, min(LONGEST_WAIT, round(mean * self._taken / 2)))
