"""The results of a batch: files in the formats that were asked for, and the conversations that they were made of.

The latter are kept, so that another format needs no second hearing: as JSON with words, packed, below ``.heard``.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import formats
from commands.batch_manifest import Done, kept_path
from commands.output import disk_error, text_name, write_whole
from formats.json import from_dict, to_dict
from pipeline.types import Conversation


class Results:
    """Below ``folder``. words: with single words in the formats that can hold them. Raises UnknownFormat."""

    def __init__(self, folder: Path, asked: Sequence[str], words: bool) -> None:
        self._folder, self.words = folder, words
        self.formats = tuple(dict.fromkeys(formats.find(fmt).NAME for fmt in asked))

    def endings(self, asked: Sequence[str]) -> list[str]:
        return [formats.find(fmt).EXTENSION for fmt in asked]

    def missing(self, done: Done) -> list[str]:
        """The formats that are still to be written."""
        if done.words_in != self.words:
            return list(self.formats)
        return [
            fmt for fmt in self.formats if not (fmt in done.results and (self._folder / done.results[fmt]).is_file())
        ]

    def write(self, conversation: Conversation, name: str, file: Path, asked: Sequence[str]) -> dict[str, str]:
        """{format: file below the folder}. Raises DiarizationError when the disk refuses."""
        written: dict[str, str] = {}
        for fmt, ending in zip(asked, self.endings(asked), strict=True):
            rendered = formats.render(conversation, fmt, name=text_name(file), words=self.words)
            written[fmt] = f"{name}.{ending}"
            self._write(self._folder / written[fmt], rendered if isinstance(rendered, bytes) else rendered.encode())
        return written

    def keep(self, conversation: Conversation, sha256: str, options: str) -> None:
        """Raises DiarizationError when the disk refuses."""
        text = json.dumps(to_dict(conversation, words=True))
        self._write(kept_path(self._folder, sha256, options), gzip.compress(text.encode(), mtime=0))

    def kept(self, sha256: str, options: str) -> Conversation | None:
        """None where it is not there, or damaged."""
        try:
            return from_dict(json.loads(gzip.decompress(kept_path(self._folder, sha256, options).read_bytes())))
        except (OSError, EOFError, LookupError, TypeError, ValueError, AttributeError):
            return None

    def _write(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(f"{path.parent.name} cannot be made", error) from None
        write_whole(path, data)
