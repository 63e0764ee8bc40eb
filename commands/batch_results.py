"""The results of a batch: files in the formats that were asked for, and the conversations that they were made of.

The latter are kept, so that another format needs no second hearing: as JSON with words, packed, below ``.heard``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import formats
from commands.batch_manifest import Done, kept_path
from commands.output import disk_error, text_name, write_whole
from formats.json import from_dict, to_dict
from pipeline.types import Conversation


class Written(NamedTuple):
    """results: {format: file below the folder}; digests: {file: SHA-256 of what was written}"""

    results: dict[str, str]
    digests: dict[str, str]


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

    def write(self, conversation: Conversation, name: str, file: Path, asked: Sequence[str]) -> Written:
        """Raises DiarizationError when the disk refuses."""
        written = Written({}, {})
        for fmt, ending in zip(asked, self.endings(asked), strict=True):
            rendered = formats.render(conversation, fmt, name=text_name(file), words=self.words)
            data = rendered if isinstance(rendered, bytes) else rendered.encode()
            written.results[fmt] = f"{name}.{ending}"
            written.digests[f"{name}.{ending}"] = hashlib.sha256(data).hexdigest()
            self._write(self._folder / f"{name}.{ending}", data)
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
