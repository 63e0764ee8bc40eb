"""Where results go: files in the folder of --out, remarks on stderr, so that stdout holds results alone."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import formats
from errors import DiarizationError, InvalidOption, StorageError
from pipeline.types import Conversation

PARTIAL = ".*.partial"  # what is being written
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def make_folder(folder: Path) -> None:
    """Raises InvalidOption, before any work is done for nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOption(f"--out cannot be used: {error.strerror}.", field="out") from None


def output_path(folder: Path, file: Path, fmt: str) -> Path:
    """``folder/NAME.extension`` for the input ``file`` called NAME."""
    return folder / f"{file.stem}.{formats.find(fmt).EXTENSION}"


def text_name(file: Path) -> str:
    """NAME as it stands inside a result: a file name may hold bytes that are no text."""
    return file.stem.encode("utf-8", "replace").decode()


def save(conversation: Conversation, folder: Path, file: Path, fmt: str, *, words: bool = False) -> Path:
    """Write one rendering and say where. Raises DiarizationError when the disk refuses."""
    path = output_path(folder, file, fmt)
    rendered = formats.render(conversation, fmt, name=text_name(file), words=words)
    write_whole(path, rendered if isinstance(rendered, bytes) else rendered.encode())
    return path


def write_whole(path: Path, data: bytes) -> None:
    """It is there whole or as it was before. Raises DiarizationError when the disk refuses: StorageError where it would
    refuse whatever else is written, too."""
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]  # the name itself may be as long as names can be
    partial = path.with_name(PARTIAL.replace("*", digest))
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise disk_error(f"{path.name} cannot be written", error) from None


def disk_error(what: str, error: OSError) -> DiarizationError:
    """StorageError where the disk would refuse whatever else is written, too."""
    kind = StorageError if error.errno in _FULL else DiarizationError
    return kind(f"{what}: {error.strerror}.")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
