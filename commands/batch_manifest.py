"""What of a batch is done: ``batch.jsonl`` beside its results, a line for each recording, by its content.

A line is added as a recording is done; of several of one recording or name the last one holds. Where another recording
has taken the place of one, the line of that one holds no longer, and its results are removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from threading import Lock
from typing import Any

from commands.batch_board import SUMMARY
from commands.batch_outdated import remove_results
from commands.batch_sources import Source
from commands.output import PARTIAL, disk_error, write_whole
from errors import InvalidOption

FILE = "batch.jsonl"
KEPT = ".heard"
_OWN = frozenset((FILE, SUMMARY))  # no result may be called so
_LEFT = re.compile(r"\.[0-9a-f]{16}\.partial")  # as commands/output.py names what it writes; others have theirs


@dataclass(frozen=True)
class Done:
    """One recording. file: where it lay; options: what it was heard with, as a digest; results: {format: file below the
    folder}; words_in: whether these have single words; audio_seconds: its length; seconds: that it took; speakers,
    words: how many; digests: {file below the folder: SHA-256 of what was written}, which older lines lack."""

    file: str
    name: str
    options: str
    results: dict[str, str]
    words_in: bool
    audio_seconds: float
    seconds: float
    speakers: int
    words: int
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def written(self) -> dict[str, str | None]:
        """{file below the folder: SHA-256 of what was written there, None where that is not known}"""
        return {file: self.digests.get(file) for file in self.results.values()}

    @property
    def places(self) -> set[str]:
        """What nobody else may have: its name and its results, as file systems without case know them."""
        return _places(self.name, self.results.values())


class Manifest:
    """Open one by :func:`open_manifest`. Threads may share it. done: by SHA-256, the oldest first."""

    def __init__(self, folder: Path, done: Iterable[tuple[str, Done]]) -> None:
        self._folder, self._lock = folder, Lock()
        self._done: dict[str, Done] = {}
        self._owners: dict[str, str] = {}  # {place: SHA-256}
        self._held = set[str]()  # the places of what is being written
        self._lying: dict[str, str] = {}  # {file: SHA-256}, of what this batch has come to
        self._outdated = list[Done]()  # where other recordings lie now
        for sha256, one in done:
            self._remember(sha256, one)

    def find(self, sha256: str, options: str) -> Done | None:
        """The recording, if it was heard with these options, and another one is not just taking its place."""
        with self._lock:
            done = self._done.get(sha256)
            return done if done and done.options == options and not done.places & self._held else None

    def lies(self, sha256: str, file: Path) -> None:
        """This batch has come to the recording, at ``file``."""
        with self._lock:
            self._lying[str(file.absolute())] = sha256

    @contextmanager
    def name(self, source: Source, sha256: str, endings: Sequence[str]) -> Iterator[str]:
        """For the results of ``source``, which have these endings: its own name, unless a result would then lie where
        one of a recording from another place does, or a file of the batch itself. A recording that has changed where it
        lies replaces what it was, unless this batch found that somewhere else. Nobody else is given these places
        inside, where the results are written and added."""
        with self._lock:
            name = source.name
            while self._is_taken(places := _places(name, [f"{name}.{ending}" for ending in endings]), source, sha256):
                name = f"{name}-{sha256[:8]}"
            self._held |= places
        try:
            yield name
        finally:
            with self._lock:
                self._held -= places

    def _is_taken(self, places: set[str], source: Source, sha256: str) -> bool:
        owners = {self._owners[place] for place in places & self._owners.keys()} - {sha256}
        here, found = str(source.file.absolute()), self._lying.values()
        others = any(owner in found or self._done[owner].file != here for owner in owners)
        return bool(others or places & _OWN or places & self._held)

    def add(self, sha256: str, done: Done) -> None:
        """Raises DiarizationError when the disk refuses; what was written before stays."""
        with self._lock:
            _append(self._folder / FILE, _line(sha256, done))
            self._remember(sha256, done)

    def _remember(self, sha256: str, done: Done) -> None:
        for gone in {sha256, *(self._owners[place] for place in done.places & self._owners.keys())}:
            if (old := self._forget(gone)) and gone != sha256 and old.file == done.file:
                self._outdated.append(old)
        self._done[sha256] = done
        self._owners |= dict.fromkeys(done.places, sha256)

    def _forget(self, sha256: str) -> Done | None:
        if old := self._done.pop(sha256, None):
            for place in old.places:
                self._owners.pop(place, None)
        return old

    def settle(self) -> None:
        """Once this batch has come to all: lines say where their recordings lie now, and those of recordings that it
        did not find, where another one lies in their place, go, with their results. Raises DiarizationError when the
        disk refuses; the next batch then does it."""
        before = dict(self._done)
        places = {sha256: file for file, sha256 in reversed(self._lying.items())}  # of copies, the first
        for sha256, done in before.items():
            other = self._lying.get(done.file, sha256) != sha256
            if sha256 in places and (other or not os.path.exists(done.file)):
                self._done[sha256] = replace(done, file=places[sha256])
            elif other and (old := self._forget(sha256)):
                self._outdated.append(old)
        if self._outdated or self._done != before:
            self.tidy()

    def tidy(self) -> None:
        """Without the lines that hold no longer and what was written for them, and without the conversations of
        recordings that it no longer has."""
        remove_results(self._folder, [done.written for done in self._outdated], self._owners)
        self._outdated.clear()
        lines = b"".join(_line(sha256, done) for sha256, done in self._done.items())
        write_whole(self._folder / FILE, lines)
        wanted = {kept_path(self._folder, sha256, done.options) for sha256, done in self._done.items()}
        for path in (self._folder / KEPT).glob("*.json.gz"):
            if path not in wanted:
                path.unlink(missing_ok=True)


def kept_path(folder: Path, sha256: str, options: str) -> Path:
    """Where the conversation of a recording is kept, as it was heard with ``options``."""
    return folder / KEPT / f"{sha256[:32]}-{options[:16]}.json.gz"


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
        manifest = Manifest(folder, _read(folder / FILE))
        if (folder / FILE).exists():
            manifest.tidy()
        yield manifest


def _places(name: str, results: Iterable[str]) -> set[str]:
    return {f"{name.casefold()}/", *(result.casefold() for result in results)}  # no result ends in a slash


def _line(sha256: str, done: Done) -> bytes:
    return json.dumps({"sha256": sha256, **asdict(done)}).encode() + b"\n"


def _append(path: Path, line: bytes) -> None:
    """All of the line or nothing. Raises DiarizationError."""
    try:
        with path.open("ab", buffering=0) as file:
            size = file.tell()
            try:
                while line:  # a disk that fills up takes a part, and refuses the next
                    line = line[file.write(line) :]
            except OSError:
                with suppress(OSError):
                    file.truncate(size)
                raise
    except OSError as error:
        raise disk_error(f"{path.name} cannot be written", error) from None


def _read(path: Path) -> list[tuple[str, Done]]:
    """A last line without its end was being written when the batch was killed."""
    if not path.exists():
        return []
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
        rows: list[dict[str, Any]] = [{"digests": {}} | json.loads(line) for line in lines]
        return [(row["sha256"], Done(**{one.name: row[one.name] for one in fields(Done)})) for row in rows]
    except (ValueError, LookupError, TypeError, AttributeError):
        message = f"{FILE} in --out is damaged: delete it to do all again, or name another folder."
        raise InvalidOption(message, field="out") from None
