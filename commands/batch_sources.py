"""What a batch is to do: the recordings in folders, those that globs find, and single files."""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from errors import InvalidOption

# Of a folder, files with these endings are recordings; what is named, or found by a glob, is taken as it is.
ENDINGS = frozenset(
    (".3gp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".avi", ".caf", ".flac", ".flv", ".m4a",
     ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpeg", ".mpg", ".mts", ".oga", ".ogg", ".opus",
     ".ts", ".vob", ".w64", ".wav", ".webm", ".wma", ".wmv", ".wv")
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A recording; name: of its results below --out, without an ending, such as ``monday/talk``; shared: whether
    another one of this batch would have that name, too."""

    file: Path
    name: str
    shared: bool = False

    def told_apart(self, digest: str) -> Source:
        """With the beginning of its SHA-256, ``digest``, behind a name that is shared."""
        return replace(self, name=f"{self.name}-{digest[:8]}", shared=False) if self.shared else self


def find_sources(given: Sequence[str]) -> list[Source]:
    """In order, each file once; nothing is read of them yet. Raises InvalidOption for what is not there, cannot be read
    or has no recording."""
    found: dict[Path, Source] = {}
    for text in given:
        for source in _sources(text):
            found.setdefault(source.file.absolute(), source)
    return _marked(list(found.values()))


def sha256(file: Path) -> str:
    """Of its content. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sources(text: str) -> list[Source]:
    path = Path(text)
    if path.is_dir():
        found = [Source(file, _name(file.relative_to(path))) for file in _below(path) if _is_recording(file)]
        return found or _refuse(f"There is no recording in {text}.")
    if os.path.lexists(path):
        return [Source(path, path.stem)]
    if not glob.has_magic(text):
        _refuse(f"There is no {text}.")
    root = _root(path)
    files = sorted(Path(name) for name in glob.glob(text, recursive=True) if Path(name).is_file())
    return [Source(file, _name(file.relative_to(root))) for file in files] or _refuse(f"{text} matches no file.")


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> NoReturn:
        _refuse(f"{error.filename} cannot be read: {error.strerror}.")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def _is_recording(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS


def _root(pattern: Path) -> Path:
    """The folder above the first part with a wildcard."""
    fixed = list[str]()
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def _name(relative: Path) -> str:
    """Raises InvalidOption for one that would lie outside of --out."""
    inside = os.path.normpath(relative.with_suffix(""))
    if Path(inside).parts[:1] == ("..",):
        _refuse(f"{relative} leads out of the folder above the first wildcard: name that folder in the glob.")
    return inside


def _marked(sources: Sequence[Source]) -> list[Source]:
    """Whether their names are shared, compared without case: some file systems know none."""
    counts = Counter(source.name.casefold() for source in sources)
    return [replace(source, shared=counts[source.name.casefold()] > 1) for source in sources]


def _refuse(message: str) -> NoReturn:
    raise InvalidOption(message, field="path")
