"""The places for event streams, each of which holds a thread of the server's."""

from __future__ import annotations

import threading
from collections import Counter


class Places:
    """``most`` in all, and at most half of them for one caller, so that others find one. Safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = Counter[str]()
        self._lock = threading.Lock()

    def take(self, caller: str) -> bool:
        """caller: who takes it; empty where there is nobody else, who may then have them all. False: there is none."""
        share = (self._most + 1) // 2 if caller else self._most
        with self._lock:
            free = self._taken.total() < self._most and self._taken[caller] < share
            self._taken[caller] += free
        return free

    def give_back(self, caller: str) -> None:
        with self._lock:
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]
