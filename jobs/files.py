"""A folder for each stored job below DATA_DIR: its audio, and what came out of it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from pipeline.types import Conversation

_RESULT = "result-{token}.json"
_LONG = 32 * 2**20  # bytes; ten hours of talk, with words
_REVISION = "revision-{revision}.json.gz"  # there can be many


class JobFiles:
    """root: made where it is not there, readable by this user alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, id: str) -> Path:
        return self._root / id

    def new(self, id: str) -> Path:
        """An empty folder for the job. Raises FileExistsError."""
        folder = self.folder(id)
        folder.mkdir(mode=0o700)
        return folder

    def save_result(self, id: str, token: int, result: Conversation) -> None:
        """On the disk once this returns. token: that of the claim it was made under. Each claim has a file of its own,
        so that whoever lost the job cannot write over the result of whoever has it now."""
        self._save(self.folder(id) / _RESULT.format(token=token), result)

    def save_revision(self, id: str, revision: str, conversation: Conversation) -> None:
        """On the disk once this returns. Raises FileNotFoundError where the job is gone."""
        self._save(self._revision(id, revision), conversation)

    def revision(self, id: str, revision: str) -> Conversation:
        """Raises FileNotFoundError."""
        return _read(self._revision(id, revision))

    def remove_revision(self, id: str, revision: str) -> None:
        self._revision(id, revision).unlink(missing_ok=True)

    def _revision(self, id: str, revision: str) -> Path:
        return self.folder(id) / _REVISION.format(revision=revision)

    def shelf(self, id: str) -> Path:
        """Where what the job's stages find is kept."""
        return self.folder(id) / "stages"

    @staticmethod
    def _save(path: Path, result: Conversation) -> None:
        unfinished = path.with_suffix(".part")
        data = json.dumps(result.to_dict(), ensure_ascii=False).encode()
        try:
            with unfinished.open("wb") as file:
                file.write(gzip.compress(data, 1) if path.suffix == ".gz" else data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:  # as on a full disk
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.rename(path)
        _sync(path.parent)

    def has_room(self) -> bool:
        """For a long result, by the disk and by quotas."""
        try:
            with TemporaryFile(dir=self._root) as file:
                os.posix_fallocate(file.fileno(), 0, _LONG)
        except OSError:
            return False
        return True

    def result(self, id: str, token: int) -> Conversation:
        """Raises FileNotFoundError."""
        return _read(self.folder(id) / _RESULT.format(token=token))

    def remove(self, id: str) -> None:
        """Harmless when it is gone already."""
        shutil.rmtree(self.folder(id), ignore_errors=True)

    def ids(self) -> Iterable[str]:
        """Of all jobs that have a folder."""
        return [path.name for path in self._root.iterdir() if path.is_dir()]


def _read(path: Path) -> Conversation:
    data = path.read_bytes()
    return Conversation.from_dict(json.loads(gzip.decompress(data) if path.suffix == ".gz" else data))


def _sync(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
