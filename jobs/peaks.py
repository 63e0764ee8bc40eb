"""How loud a recording is over its length, to draw it: the largest sample, by amount, of each of many bins.

The recording is read once, in blocks; what is kept of it beside the job's audio is the largest sample of every 10 ms,
a hundredth of its size.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.types import SAMPLE_RATE

log = logging.getLogger(__name__)

FILE = "peaks.npy"
STEP = SAMPLE_RATE // 100  # samples that one kept value stands for
_BLOCK = STEP * 4096  # samples read at a time: 41 s
_MOST_EXACT = 4_000_000  # samples that are looked at themselves: 16 MB
_FULL = 32_768.0  # of 16 bit
_one_at_a_time = threading.Lock()  # a second reader of the same hours finds them read


@dataclass(frozen=True)
class Peaks:
    """duration: s; channels: for each, the largest absolute sample of each bin, 0 to 1, in order."""

    duration: float
    channels: tuple[tuple[float, ...], ...]


def peaks_of(wav: Path, count: int) -> Peaks:
    """wav: 16 kHz, 16 bit, as :func:`audio_utils.normalise` writes it, in a folder that what is found may be kept in;
    count: of bins. There are fewer where there are fewer samples, or in a short recording of many channels fewer full
    10 ms; and the bins of a long one begin and end on full 10 ms. Raises FileNotFoundError."""
    with wav.open("rb") as opened, soundfile.SoundFile(opened) as sound:
        frames = sound.frames
        exact = frames <= count * STEP and frames * sound.channels <= _MOST_EXACT
        values = _samples(sound) if exact else _kept(wav, sound)
    bins = np.linspace(0, len(values), min(count, len(values)) + 1).astype(np.int64)[:-1]
    found = np.maximum.reduceat(values, bins, axis=0) / _FULL if len(values) else np.zeros((0, values.shape[1]))
    return Peaks(frames / SAMPLE_RATE, tuple(tuple(channel) for channel in np.round(found, 3).T.tolist()))


def _samples(sound: soundfile.SoundFile) -> np.ndarray:
    """Absolute samples (n, channels)."""
    return np.abs(sound.read(dtype="int16", always_2d=True).astype(np.int32))


def _kept(wav: Path, sound: soundfile.SoundFile) -> np.ndarray:
    """The largest absolute sample (n, channels) of every STEP."""
    with _one_at_a_time:
        try:
            return np.load(wav.with_name(FILE))
        except (FileNotFoundError, EOFError, ValueError):  # the two latter: after a power cut
            found = _listen(sound)
        _keep(found, wav.with_name(FILE))
    return found


def _listen(sound: soundfile.SoundFile) -> np.ndarray:
    blocks = sound.blocks(blocksize=_BLOCK, dtype="int16", always_2d=True)
    return np.concatenate([_largest(np.abs(block.astype(np.int32))) for block in blocks]).astype(np.uint16)


def _largest(block: np.ndarray) -> np.ndarray:
    return np.maximum.reduceat(block, np.arange(0, len(block), STEP), axis=0)


def _keep(found: np.ndarray, path: Path) -> None:
    """Without room it is found again the next time."""
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            np.save(file, found)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        log.warning("The peaks of a recording could not be kept (%s)", error.strerror)
