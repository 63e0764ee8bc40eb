"""Checkpoints that the tests make themselves, kept between runs for as long as their recipe stays the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from settings import ROOT


def cached(name: str, recipe: Sequence[Path], build: Callable[[Path], None]) -> Path:
    """The folder that ``build`` filled. recipe: the source files that say how; their hash, with NeMo's version, is
    part of the folder's name."""
    parts = [version("nemo-toolkit").encode(), *(file.read_bytes() for file in recipe)]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    root = Path(os.environ.get("TEST_CHECKPOINTS_DIR") or ROOT / ".cache" / "test-checkpoints")
    folder = root / f"{name}-{key}"
    if not folder.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root) as unfinished:
            made = Path(unfinished) / "made"
            made.mkdir()
            build(made)
            with suppress(OSError):  # another run was faster
                made.rename(folder)
    return folder
