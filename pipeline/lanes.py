"""Lanes: threads that each run one network on one core.

The networks here are small, and their layers smaller still: two cores that share every layer spend more time waiting
for each other than they save (docs/benchmarks.md). So each layer runs on one core, and each core has its own piece
of the recording. What is one piece, or must be heard in order, has all cores in each layer.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # microseconds of CPU time in a period, of Linux's control groups

MOST = 4  # lanes: each holds the activations of one batch, so more would take the worker beyond 3 GB at an hour


def cores() -> int:
    """Cores of the CPU that this process may use: those it may run on, within a container's quota."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(allowed, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or "max"
        return allowed


class Lanes:
    """``count`` lanes of ``threads`` threads each. One lane where a GPU does the work: it is one place already."""

    def __init__(self, count: int = 1, threads: int = 1) -> None:
        self.count, self.threads = count, threads
        self._pool = ThreadPoolExecutor(count, "lane", _use_threads, (threads,)) if count > 1 else None

    def map(self, function: Callable[..., Result], *items: Iterable[Any]) -> Iterator[Result]:
        """As Python's own map: the results in order, each as soon as it and those before it are there."""
        return self._pool.map(function, *items) if self._pool else map(function, *items)

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Every thread of every lane shares each layer of what runs inside: for work that cannot be parted."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(max(before, self.count * self.threads))
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _use_threads(threads: int) -> None:
    """Of torch, in this lane: whatever another profile has set since for threads that are new."""
    import torch  # late: those who only count cores do without

    torch.set_num_threads(threads)


def cpu_lanes(threads: int = 0) -> Lanes:
    """Lanes for ``threads`` threads in all; 0 takes one for each core that this process may use.

    Each thread is a lane while there are few; of more, the number of lanes leaves as few out as can be.
    """
    threads = threads or cores()
    choices = range(min(threads, MOST // 2 + 1), min(threads, MOST) + 1)
    count = max(choices, key=lambda lanes: (lanes * (threads // lanes), lanes))
    return Lanes(count, threads // count)
