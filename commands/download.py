"""One file from the network to the disk: resumed where it broke off, checked, and only then in place."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from commands.network import explain, get, may_pass
from commands.progress import OnBytes
from errors import ModelError

ATTEMPTS = 3  # in a row without a single new byte
WAIT = 1.0  # seconds before the second attempt, doubled for the next
BLOCK = 1 << 16  # bytes; what came of a block when the line breaks is lost


@dataclass(frozen=True)
class RemoteFile:
    """name: where it goes, below the store ("x.nemo", "owner--x/config.json"); size in bytes and sha256 where known."""

    model: str
    url: str
    name: str
    size: int | None = None
    sha256: str | None = None


def download(file: RemoteFile, target: Path, on_bytes: OnBytes) -> str:
    """Fetch ``file`` to ``target``; returns its SHA-256. What came so far stays in ``target``.part for the next time.

    Raises ModelError: the network, the server, a wrong length or sum, or the disk.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        promised = _receive(file, part, on_bytes)
        digest = _checked(file, part, promised)
        os.replace(part, target)
    except OSError as error:
        raise ModelError(
            f"{file.model}: {target.name} cannot be written ({error.strerror}); MODEL_CACHE_DIR says where to."
        ) from error
    return digest


@dataclass(frozen=True)
class _Promise:
    """What a server says of a file beside its bytes."""

    size: int | None
    sha256: str | None


def _receive(file: RemoteFile, part: Path, on_bytes: OnBytes) -> _Promise:
    """Attempts until everything is there, or none of the last few brought a byte."""
    failed = 0
    while True:
        before = _size(part)
        try:
            return _attempt(file, part, on_bytes)
        except requests.RequestException as error:
            failed = 1 if _size(part) > before else failed + 1
            if failed >= ATTEMPTS or not may_pass(error):
                raise explain(error, file.model, file.url) from error
        time.sleep(WAIT * 2 ** (failed - 1))


def _attempt(file: RemoteFile, part: Path, on_bytes: OnBytes) -> _Promise:
    """One request, for the rest of the file where a part of it is there."""
    have = _size(part)
    if have and have == file.size:
        return _Promise(file.size, file.sha256)
    response, start = _ask(file.url, have)
    with response:
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        _check_size(file, part, total)
        _write(response, part, start, total, on_bytes)
    return _Promise(total, _sum_in(response))


def _ask(url: str, have: int) -> tuple[requests.Response, int]:
    """The response, and which byte of the file its first one is: 0 where the server ignores or cannot meet Range."""
    if have:
        try:
            response = get(url, {"Range": f"bytes={have}-"})
            if response.status_code == 200:
                return response, 0
            if response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                return response, have
            response.close()
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code != 416:
                raise
    return get(url), 0


def _check_size(file: RemoteFile, part: Path, total: int | None) -> None:
    """Before gigabytes travel for nothing."""
    if total and file.size and total != file.size:
        part.unlink(missing_ok=True)
        raise ModelError(
            f"{file.model}: the server sends {total} bytes and has announced {file.size}; try again later."
        )
    free = shutil.disk_usage(part.parent).free + _size(part)
    if (total or file.size or 0) > free:
        raise ModelError(
            f"{file.model}: {(total or file.size or 0) / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free; "
            "make room, or name another folder in MODEL_CACHE_DIR."
        )


def _write(response: requests.Response, part: Path, start: int, total: int | None, on_bytes: OnBytes) -> None:
    with part.open("r+b" if start else "wb") as out:
        out.seek(start)
        on_bytes(start, total)
        for block in response.iter_content(BLOCK):
            out.write(block)
            on_bytes(out.tell(), total)
        out.flush()
        os.fsync(out.fileno())  # the name comes next, and must not outlive the bytes


def _sum_in(response: requests.Response) -> str | None:
    """The SHA-256 that Hugging Face tells of a large file, on the way to where it lies."""
    for answer in (*response.history, response):
        etag = answer.headers.get("X-Linked-Etag", "").strip('"')
        if re.fullmatch(r"[0-9a-f]{64}", etag):
            return etag
    return None


def _checked(file: RemoteFile, part: Path, promised: _Promise) -> str:
    """The SHA-256 of what came. What is wrong is removed, so that the next time starts anew."""
    size, digest = _size(part), sha256(part)
    for expected in (file.size, promised.size):
        if expected not in (None, size):
            part.unlink()
            raise ModelError(
                f"{file.model}: {size} bytes came instead of {expected}; they were removed, run the command again."
            )
    for expected in (file.sha256, promised.sha256):
        if expected not in (None, digest):
            part.unlink()
            raise ModelError(
                f"{file.model}: what came has another SHA-256 than the server says; it was removed, "
                "run the command again."
            )
    return digest


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
