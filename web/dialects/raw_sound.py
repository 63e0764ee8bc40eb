"""Sound without a header, as clients send it that have decoded it themselves: 16 kHz, 16 bit, one channel."""

from __future__ import annotations

import wave
from pathlib import Path

from pipeline.types import SAMPLE_RATE

_SAMPLE = 2  # bytes
_PIECE = 1024 * 1024  # bytes that are held in memory


def with_header(path: Path) -> Path:
    """The same sound in a WAV file beside it, in its place. Half a sample at the end is cut off."""
    target = path.with_suffix(".wav")
    with path.open("rb") as raw, target.open("xb") as file, wave.open(file, "wb") as sound:
        sound.setparams((1, _SAMPLE, SAMPLE_RATE, 0, "NONE", ""))
        while piece := raw.read(_PIECE):
            sound.writeframesraw(piece[: len(piece) - len(piece) % _SAMPLE])
    path.unlink()
    return target
