"""Recordings that are sent before anybody says what is to be done with them: files below DATA_DIR, in a folder for each
owner, so that nobody can name another's.

One that was used is kept for another use, until it expires or its owner sends more than may be kept. So is one that
nobody came back for.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from errors import TooManyUploads, UnknownUpload
from jobs.folders import is_id

FORSAKEN = 3600.0  # s without a byte after which nobody is still sending: the service was killed meanwhile
PATIENCE = 600.0  # s after which one that was not used may make room for others
RETRY_AFTER = 60  # s
_UNFINISHED, _USED = ".part", ".used"  # the latter is an empty file beside the recording
_NOBODYS = "anybody"  # the folder of callers without a key; no id of a key is so short


class Uploads:
    """Safe between threads; of several services on one folder, each holds what is in use there for itself.

    most: how many an owner may have; expiry: s that one is kept after it came, or was last used.
    """

    def __init__(self, root: Path, most: int, expiry: float) -> None:
        self._root, self._most, self._expiry = root, most, expiry
        self._lock = threading.Lock()
        self._coming, self._held = Counter[str](), Counter[Path]()  # by owner; files in use

    def receive(self, owner: str, write: Callable[[Path], object]) -> str:
        """The id of what ``write`` wrote. Raises TooManyUploads before it is called, and what it raises."""
        path = self._folder(owner) / uuid.uuid4().hex
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(_UNFINISHED)
        with self._room(owner):
            try:
                write(unfinished)
                unfinished.rename(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
        return path.name

    @contextmanager
    def held(self, owner: str, id: str) -> Iterator[Path]:
        """It is there until this ends, and counts as used then, unless an error ended it. Raises UnknownUpload, for
        another owner's too."""
        path = self._folder(owner) / id
        with self._lock:
            if not (is_id(id) and path.exists()):
                raise UnknownUpload("There is no such upload; it may have expired: send the recording again.")
            self._held[path] += 1
        try:
            yield path
            path.with_suffix(_USED).touch()
        finally:
            with self._lock:
                self._held[path] -= 1
                if not self._held[path]:
                    del self._held[path]

    @property
    def in_use(self) -> int:
        """How many there are that somebody reads at this moment."""
        with self._lock:
            return len(self._held)

    def sweep(self) -> None:
        """Delete what has expired, and what was never finished."""
        now = time.time()
        with self._lock:
            for path in self._root.glob("*/*"):
                if _is_leftover(path, now):
                    path.unlink(missing_ok=True)
                elif not path.suffix and path not in self._held and _changed(path) < now - self._expiry:
                    _remove(path)

    @contextmanager
    def _room(self, owner: str) -> Iterator[None]:
        """For one more; those that are needed least make room for it."""
        with self._lock:
            self._make_room(owner)
            self._coming[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                self._coming[owner] -= 1

    def _make_room(self, owner: str) -> None:
        kept = [path for path in self._folder(owner).iterdir() if not path.suffix]
        free = [path for path in kept if path not in self._held and (_used(path) or _is_forgotten(path))]
        excess = max(0, len(kept) + self._coming[owner] + 1 - self._most)
        if excess > len(free):
            message = f"At most {self._most} uploads are kept for one caller: ask for a transcript of those that wait."
            raise TooManyUploads(message, retry_after=RETRY_AFTER)
        for path in sorted(free, key=lambda path: (not _used(path), _changed(path)))[:excess]:
            _remove(path)

    def _folder(self, owner: str) -> Path:
        return self._root / (owner or _NOBODYS)


def _is_leftover(path: Path, now: float) -> bool:
    """Of a kill: what was never finished, and the mark of use of a recording that is gone."""
    if path.suffix == _USED:
        return not path.with_suffix("").exists()
    return path.suffix == _UNFINISHED and _changed(path) < now - FORSAKEN


def _used(path: Path) -> bool:
    return path.with_suffix(_USED).exists()


def _is_forgotten(path: Path) -> bool:
    return _changed(path) < time.time() - PATIENCE


def _changed(path: Path) -> float:
    """When it came or was last used, in seconds since 1970; inf for one that another service just deleted."""
    found = list[float]()
    for each in (path, path.with_suffix(_USED)):
        with suppress(FileNotFoundError):
            found.append(each.stat().st_mtime)
    return max(found, default=float("inf"))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(_USED).unlink(missing_ok=True)
