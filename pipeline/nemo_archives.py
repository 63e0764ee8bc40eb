"""A ``.nemo`` file: a tar of ``model_config.yaml``, weights and tokenizers, read where it lies.

What torch.load could not read is told from the start of the weights and from their list of contents: unpacking them
would take gigabytes of disk, and the time for it.
"""

from __future__ import annotations

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import yaml
from torch.serialization import MAGIC_NUMBER

_CONFIG, _WEIGHTS = "model_config.yaml", "model_weights.ckpt"
_ZIP = b"PK\x03\x04"
_BEFORE_ZIP = MAGIC_NUMBER.to_bytes(10, "little")  # near the start of what torch wrote before 1.6, and still reads
# RuntimeError and struct.error are of zipfile: a record of a kind that torch never writes, a header that is cut off.
_DAMAGE = (
    OSError, EOFError, RuntimeError, struct.error, zlib.error, tarfile.TarError, zipfile.BadZipFile, yaml.YAMLError
)  # fmt: skip


def read_config(path: Path) -> dict[str, Any]:
    """What ``model_config.yaml`` says. Raises FileNotFoundError, and ValueError for what is no such archive."""
    with _opened(path) as archive:
        config = yaml.safe_load(_file(archive, _CONFIG))
    return config if isinstance(config, dict) else {}


def check_weights(path: Path) -> None:
    """Raises FileNotFoundError, and ValueError where the weights or anything behind them is missing, or broken off, or
    the weights are not what torch writes. Their numbers are not looked at."""
    with _opened(path) as archive:
        archive.getmembers()
        file = _file(archive, _WEIGHTS)
        start = file.read(32)
        if start.startswith(_ZIP):
            _check_zip(file)
        elif _BEFORE_ZIP not in start:
            raise ValueError(f"{_WEIGHTS} is nothing that torch wrote")


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path) as archive:
            yield archive
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        raise ValueError(f"{path.name} is no .nemo file, or a damaged one") from error


def _file(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """The first of that name at the top, where NeMo looks; what lies behind it is not read."""
    for member in archive:
        if PurePosixPath(member.name) == PurePosixPath(name) and (file := archive.extractfile(member)):
            return file
    raise ValueError(f"{name} is missing")


def _check_zip(file: IO[bytes]) -> None:
    """Whether each record lies where the list at the end has it. Sums are none of torch's, which may write none."""
    with zipfile.ZipFile(file) as weights:
        records = weights.infolist()
        for record in records:
            weights.open(record).close()  # reads the record's header
    if not any(record.filename.endswith("/data.pkl") for record in records):
        raise ValueError(f"{_WEIGHTS} holds no data.pkl")
