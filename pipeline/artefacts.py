"""What the stages of one recording found, kept beside it: a second attempt goes on from the last finished stage, and
another number of speakers costs no second hearing."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import numpy as np

from errors import ArtefactsExpired
from pipeline.types import Transcript, Turn, Word

log = logging.getLogger(__name__)

Arrays = dict[str, np.ndarray]
_KEY = "_key"


class Artefacts(Protocol):
    """name: of what is kept, such as "words"."""

    def save(self, name: str, arrays: Arrays) -> None: ...

    def load(self, name: str) -> Arrays | None: ...


class NoArtefacts:
    """Of a recording that nobody will come back to."""

    def save(self, name: str, arrays: Arrays) -> None:
        pass

    def load(self, name: str) -> Arrays | None:
        return None


class Complete:
    """Of a recording that must not be heard again: what is missing raises ArtefactsExpired."""

    def __init__(self, kept: Artefacts) -> None:
        self._kept = kept

    def save(self, name: str, arrays: Arrays) -> None:
        pass

    def load(self, name: str) -> Arrays | None:
        arrays = self._kept.load(name)
        if arrays is None:
            raise ArtefactsExpired("What this needs was never heard in the recording, or has expired: send it again.")
        return arrays


class Shelf:
    """Artefacts in a folder of their own, made at the first of them; a file each.

    key: what the values depend on beside the recording: models and their parameters. What was kept under another key
    is not found. A place that cannot be written, or a file that is damaged, costs the work and not the result.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._key = folder, np.frombuffer(hashlib.sha256(key.encode()).digest(), np.uint8)

    def save(self, name: str, arrays: Arrays) -> None:
        path = self._path(name)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with unfinished.open("wb") as file:
                np.savez(file, allow_pickle=False, **{_KEY: self._key}, **arrays)
            unfinished.rename(path)
        except OSError as error:
            log.warning("What the stage %s found is not kept: %s", name, error.strerror)
            with suppress(OSError):
                unfinished.unlink()

    def load(self, name: str) -> Arrays | None:
        try:
            with np.load(self._path(name), allow_pickle=False) as file:
                arrays = dict(file)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return arrays if np.array_equal(arrays.pop(_KEY, None), self._key) else None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npz"


def transcript_arrays(transcript: Transcript) -> Arrays:
    return {"json": np.frombuffer(json.dumps(asdict(transcript)).encode(), np.uint8)}


def transcript_of(arrays: Arrays) -> Transcript:
    data = json.loads(arrays["json"].tobytes())
    words = tuple(Word(**word) for word in data["words"])
    return Transcript(words, data["language"], tuple(data["warnings"]), data["language_confidence"])


def turn_edges(turns: Sequence[Turn]) -> np.ndarray:
    """float64 (turns, 2), s."""
    return np.array([(turn.start, turn.end) for turn in turns]).reshape(-1, 2)
