"""A folder for each stored job below DATA_DIR: its audio, and what came out of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.types import Conversation

_RESULT = "result-{token}.json"
_CONVERSATION = "conversation-{name}.json"


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

    def save_conversation(self, id: str, name: str, conversation: Conversation) -> None:
        """On the disk once this returns. name: one that is new."""
        self._save(self.folder(id) / _CONVERSATION.format(name=name), conversation)

    def conversation(self, id: str, name: str) -> Conversation:
        """Raises FileNotFoundError."""
        return _read(self.folder(id) / _CONVERSATION.format(name=name))

    def shelf(self, id: str) -> Path:
        """Where what the job's stages find is kept."""
        return self.folder(id) / "stages"

    @staticmethod
    def _save(path: Path, result: Conversation) -> None:
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(result.to_dict(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        _sync(path.parent)

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
    return Conversation.from_dict(json.loads(path.read_text(encoding="utf-8")))


def _sync(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
