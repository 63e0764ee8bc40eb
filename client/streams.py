"""What goes out and comes in bit by bit: a recording that is counted as it is sent, and server-sent events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO

File = str | os.PathLike[str] | bytes | BinaryIO
OnUpload = Callable[[int, int], None]


@contextmanager
def counted(file: File, on_upload: OnUpload | None) -> Iterator[tuple[str, Counted]]:
    """A name and a file for httpx. What was opened here is closed; a file of the caller's must be seekable."""
    if isinstance(file, bytes):
        file = BytesIO(file)
    if isinstance(file, str | os.PathLike):
        with open(file, "rb") as opened:
            yield _name(os.fspath(file)), Counted(opened, on_upload)
    else:
        yield _name(str(getattr(file, "name", "audio"))), Counted(file, on_upload)


def _name(path: str) -> str:
    """A file name may hold bytes that are no text."""
    return Path(path).name.encode("utf-8", "replace").decode()


class Counted:
    """on_upload(bytes that were read, bytes in all)."""

    def __init__(self, file: BinaryIO, on_upload: OnUpload | None) -> None:
        self._file, self._on_upload = file, on_upload
        self._size = file.seek(0, SEEK_END)
        self.seek, self.tell = file.seek, file.tell  # for httpx, which goes back to the start by itself

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        if piece and self._on_upload:
            self._on_upload(self._file.tell(), self._size)
        return piece


def blocks(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """{field: value} of each block of a stream of events. One that is cut off is not told."""
    block: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name:
            value = value.removeprefix(" ")
            block[name] = f"{block[name]}\n{value}" if name == "data" and name in block else value
        elif not line and block:
            yield block
            block = {}
