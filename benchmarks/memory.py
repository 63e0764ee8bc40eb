"""Peak memory of a process with all its descendants, read from outside, so that contenders cannot differ in it."""

from __future__ import annotations

import re
import threading
from pathlib import Path

_PROC = Path("/proc")
_EVERY = 0.05  # s


class PeakMemory:
    """``with PeakMemory(pid) as memory: ...``, then ``memory.peak``: bytes, or None where there is no Linux /proc.

    Exact for the process itself, whose own high-water mark the kernel keeps; its descendants are looked at 20 times
    a second. Pages that they share with it count for each.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.peak: int | None = None

    def __enter__(self) -> PeakMemory:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        before: set[int] = set()
        while not self._ended.wait(_EVERY):
            family = descendants(self._pid)
            # A child that is not yet another program shows its parent's memory as its own, so new ones do not count.
            tree = sum(_status(pid, "VmRSS") for pid in (self._pid, *family & before))
            before = family
            if now := max(tree, high_water(self._pid)):
                self.peak = max(self.peak or 0, now)


def high_water(pid: int) -> int:
    """The most resident memory that the process ever had, in bytes; 0 once it is gone."""
    return _status(pid, "VmHWM")


def descendants(pid: int) -> set[int]:
    """Of all generations; empty where there is no Linux /proc."""
    listings = (_read(path) for path in (_PROC / str(pid) / "task").glob("*/children"))
    children = {int(child) for listing in listings for child in listing.split()}
    return children.union(*map(descendants, children))


def _status(pid: int, key: str) -> int:
    """Bytes; 0 once the process is gone."""
    found = re.search(rf"^{key}:\s+(\d+) kB", _read(_PROC / str(pid) / "status"), re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # processes end while they are looked at
        return ""
