"""The samples of a WAV, read when they are asked for: hours of sound take no memory."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np
import soundfile

_BLOCK = 1 << 18  # frames decoded at a time: of a file with many channels, most of a block is thrown away


class WavSamples:
    """One channel of a file as float32 (n,) in [-1, 1] that has slices and a length, and no other arithmetic.

    Several threads may ask at once. The file may be unlinked meanwhile, but not shortened.
    """

    ndim, dtype = 1, np.dtype(np.float32)

    def __init__(self, wav: Path, channel: int = 0) -> None:
        self._file, self._channel, self._lock = soundfile.SoundFile(wav), channel, Lock()

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    def __len__(self) -> int:
        return self._file.frames

    def __getitem__(self, key: slice) -> np.ndarray:
        first, last, step = key.indices(len(self))
        if step != 1:
            raise IndexError("samples come in a row")
        found = np.empty(max(0, last - first), np.float32)
        for start in range(0, len(found), _BLOCK):
            part = found[start : start + _BLOCK]
            part[:] = self._read(first + start, len(part))
        return found

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("the samples lie in a file: they cannot be had without a copy")
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def _read(self, first: int, count: int) -> np.ndarray:
        with self._lock:
            self._file.seek(first)
            return self._file.read(count, dtype="float32", always_2d=True)[:, self._channel]
