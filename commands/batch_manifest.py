"""What of a batch is done: ``batch.json`` beside its results, by the content of each recording."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Any

from commands.batch_board import SUMMARY
from commands.batch_sources import Source
from commands.output import PARTIAL, write_whole
from errors import InvalidOption

FILE = "batch.json"
_OWN = frozenset((FILE, SUMMARY))  # no result may be called so
_LEFT = re.compile(r"\.[0-9a-f]{16}\.partial")  # as commands/output.py names what it writes; others have theirs


@dataclass(frozen=True)
class Done:
    """One recording. file: where it lay; options: what it was done with, as a digest; results: files below the folder;
    audio_seconds: its length; seconds: that it took; speakers, words: how many."""

    file: str
    name: str
    options: str
    results: list[str]
    audio_seconds: float
    seconds: float
    speakers: int
    words: int

    @property
    def paths(self) -> set[str]:
        """Its results, as file systems without case know them."""
        return {result.casefold() for result in self.results}


class Manifest:
    """Open one by :func:`open_manifest`. Threads may share it."""

    def __init__(self, folder: Path, done: dict[str, Done]) -> None:
        self._folder, self._done, self._lock = folder, done, Lock()

    def find(self, sha256: str, options: str) -> Done | None:
        """The recording, if it was done with these options and all its results are still there."""
        done = self._done.get(sha256)
        there = done and done.options == options and all((self._folder / name).is_file() for name in done.results)
        return done if there else None

    def name(self, source: Source, sha256: str, endings: Sequence[str]) -> str:
        """For the results of ``source``, which have these endings: its own name, unless a result would then lie where
        one of a recording from another place does, or a file of the batch itself. A recording that has changed where it
        lies replaces what it was."""
        paths = {f"{source.name}.{ending}".casefold() for ending in endings}
        with self._lock:
            others = [
                done
                for other, done in self._done.items()
                if other != sha256 and done.file != str(source.file.absolute())
            ]
        taken = any(_same(done.name, source.name) or not paths.isdisjoint(done.paths) for done in others)
        return f"{source.name}-{sha256[:8]}" if taken or not paths.isdisjoint(_OWN) else source.name

    def add(self, sha256: str, done: Done) -> None:
        """Raises DiarizationError when the disk refuses; what was written before stays."""
        with self._lock:
            self._done = {other: old for other, old in self._done.items() if not _same(old.name, done.name)}
            self._done[sha256] = done
            rows = {key: asdict(value) for key, value in self._done.items()}
            write_whole(self._folder / FILE, json.dumps({"version": 1, "done": rows}, indent=1).encode())


@contextmanager
def open_manifest(folder: Path) -> Iterator[Manifest]:
    """folder: there already. Raises InvalidOption where another batch works there, or the file is damaged."""
    with (folder / f".{FILE}.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidOption(
                "Another batch writes to --out; wait for it, or name another folder.", field="out"
            ) from None
        for left in folder.rglob(PARTIAL):  # by one that was killed
            if _LEFT.fullmatch(left.name):
                left.unlink(missing_ok=True)
        yield Manifest(folder, _read(folder / FILE))


def _read(path: Path) -> dict[str, Done]:
    if not path.exists():
        return {}
    try:
        rows: dict[str, dict[str, Any]] = json.loads(path.read_bytes())["done"]
        return {sha256: Done(**{one.name: row[one.name] for one in fields(Done)}) for sha256, row in rows.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        message = f"{FILE} in --out is damaged: delete it to do all again, or name another folder."
        raise InvalidOption(message, field="out") from None


def _same(name: str, other: str) -> bool:
    """Some file systems know no case."""
    return name.casefold() == other.casefold()


def names(results: Sequence[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in results]
