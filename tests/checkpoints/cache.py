"""Checkpoints that the tests make themselves, kept between runs for as long as their recipe stays the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from settings import ROOT
from tests.media import SAMPLE


def cached(name: str, recipe: Sequence[Path], build: Callable[[Path], None], threads: int = 2) -> Path:
    """The folder that ``build`` filled. recipe: the source files that say how; their hash, with the sample and the
    versions of torch and NeMo, is part of the folder's name."""
    versions = f"{version('nemo-toolkit')} {version('torch')}".encode()
    known = [*recipe, Path(__file__), SAMPLE, SAMPLE.with_suffix(".seglst.json")]
    parts = [versions, *(file.read_bytes() for file in known)]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    root = Path(os.environ.get("TEST_CHECKPOINTS_DIR") or ROOT / ".cache" / "test-checkpoints")
    folder = root / f"{name}-{key}"
    if not folder.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root) as unfinished:
            made = Path(unfinished) / "made"
            made.mkdir()
            with _using(threads):
                build(made)
            with suppress(OSError):  # another run was faster
                made.rename(folder)
    return folder


@contextmanager
def _using(threads: int) -> Iterator[None]:
    """Whatever ran before: another number adds in another order, and other weights come out."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
