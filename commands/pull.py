"""``cli.py models pull``: checkpoints from the network into the store, one after another."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands.download import RemoteFile, download
from commands.progress import byte_bar
from commands.sources import files_of
from commands.sums import read_sums, write_sums
from errors import ModelError
from pipeline.checkpoints import locate, store
from settings import Settings


@dataclass(frozen=True)
class Pulled:
    """new: whether it was fetched now; else it lay at ``path`` already."""

    model: str
    path: Path
    new: bool


def pull(model: str, settings: Settings, *, force: bool = False) -> Pulled:
    """Fetch one model, unless it is on this machine. Raises ModelError."""
    path = locate(model, settings)
    if path and not force:
        return Pulled(model, path, new=False)
    folder = store(settings)
    try:
        with _alone(folder):
            return Pulled(model, _fetch(files_of(model), folder), new=True)
    except OSError as error:
        raise ModelError(f"MODEL_CACHE_DIR cannot be used: {error.strerror or type(error).__name__}.") from error


def _fetch(files: list[RemoteFile], folder: Path) -> Path:
    """Everything lands under a name that nobody looks for, and gets its own only when it is complete."""
    first = Path(files[0].name)
    if len(first.parts) == 1:
        (file,) = files
        _record(folder, first.name, {first.name: _download(file, folder / first)})
        return folder / first
    final, unfinished = folder / first.parts[0], folder / f"{first.parts[0]}.part"
    sums = {file.name: _download_once(file, unfinished / Path(file.name).name) for file in files}
    if final.exists():
        shutil.rmtree(final)
    os.replace(unfinished, final)
    _record(folder, f"{final.name}/", sums)
    return final


def _download_once(file: RemoteFile, target: Path) -> str:
    """A file of a folder that an earlier run left unfinished may be there; its size and sum are checked again."""
    if target.exists():
        os.replace(target, target.with_name(f"{target.name}.part"))
    return _download(file, target)


def _download(file: RemoteFile, target: Path) -> str:
    with byte_bar(file.name) as on_bytes:
        return download(file, target, on_bytes)


def _record(folder: Path, prefix: str, sums: dict[str, str]) -> None:
    others = {name: digest for name, digest in read_sums(folder).items() if not name.startswith(prefix)}
    write_sums(folder, others | sums)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One pull at a time; the kernel frees the lock of one that dies. Raises ModelError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelError("Another pull is at work in MODEL_CACHE_DIR; wait for its end.") from None
        yield
