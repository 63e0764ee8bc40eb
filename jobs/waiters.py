"""Those in this process who wait for a job, or watch it."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from pipeline.types import Conversation, OnProgress


@dataclass(eq=False)
class Waiter:
    on_progress: OnProgress | None = None
    future: Future[Conversation] = field(default_factory=Future)


class Waiters:
    """By the job's id. Safe between threads."""

    def __init__(self) -> None:
        self._waiters = dict[str, Waiter]()
        self._lock = threading.Lock()

    def add(self, id: str, on_progress: OnProgress | None) -> Future[Conversation]:
        waiter = Waiter(on_progress)
        with self._lock:
            self._waiters[id] = waiter
        return waiter.future

    def progress(self, id: str, stage: str, fraction: float) -> None:
        waiter = self._waiters.get(id)
        if waiter and waiter.on_progress:
            waiter.on_progress(stage, fraction)

    def take(self, id: str) -> Future[Conversation] | None:
        """The future of whoever waits for the job, who is then forgotten here."""
        with self._lock:
            waiter = self._waiters.pop(id, None)
        return waiter.future if waiter else None

    @property
    def ids(self) -> list[str]:
        with self._lock:
            return list(self._waiters)
