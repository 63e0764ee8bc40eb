"""What can be seen of a recording: its waveform and its spectrum, in as many columns as there is room for.

Memory is bounded whatever the length. The waveform has every sample. A column of the spectrum is the mean power of up
to WINDOWS windows, spread evenly over its time, so that hours take no longer than minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from pipeline.types import SAMPLE_RATE

WINDOW = 512  # samples: 32 ms, 31.25 Hz apart
HOP = 160  # samples between two windows at least: 10 ms
WINDOWS = 16  # of a column at most
FLOOR = -120.0  # dB; silence
MELS = 80  # bands; as many as NeMo's models hear
_BLOCK = 1 << 20  # samples read at a time
_HANN = np.hanning(WINDOW + 1)[:-1]
_TOGETHER = 4 * WINDOWS * HOP  # samples that are rather read in one go than window by window


@dataclass(frozen=True)
class Waveform:
    """The lowest and the highest sample of each column, of all channels: (columns,) in [-1, 1]."""

    low: np.ndarray
    high: np.ndarray
    duration: float


@dataclass(frozen=True)
class Spectrum:
    """decibels: (columns, bands); a sine of full scale has 0 dB. hertz: (bands,), the middle of each."""

    decibels: np.ndarray
    hertz: np.ndarray
    duration: float


def duration_of(wav: Path) -> float:
    """Seconds. Raises OSError."""
    with wav.open("rb") as opened, soundfile.SoundFile(opened) as sound:
        return sound.frames / SAMPLE_RATE


def waveform(wav: Path, columns: int) -> Waveform:
    """wav: 16 kHz, 16 bit. Raises OSError."""
    with wav.open("rb") as opened, soundfile.SoundFile(opened) as sound:
        frames = sound.frames
        edges = _edges(frames, columns)
        low, high = np.full(len(edges) - 1, 32767), np.full(len(edges) - 1, -32768)
        start = 0
        for block in sound.blocks(blocksize=_BLOCK, dtype="int16", always_2d=True):
            _widen(low, high, edges, start, block)
            start += len(block)
    if not frames:
        low, high = low * 0, high * 0
    return Waveform(low / 32768, high / 32768, frames / SAMPLE_RATE)


def spectrum(wav: Path, columns: int) -> Spectrum:
    """Linear in frequency, to 8 kHz. Raises OSError."""
    power, duration = _power(wav, columns)
    return Spectrum(_decibels(power), np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE), duration)


def mel_spectrum(wav: Path, columns: int) -> Spectrum:
    """In bands of equal width in mel (Slaney's), each with the power of what lies in it. Raises OSError."""
    from librosa.core.convert import mel_frequencies  # seconds
    from librosa.filters import mel

    power, duration = _power(wav, columns)
    bands = mel(sr=SAMPLE_RATE, n_fft=WINDOW, n_mels=MELS, norm=None)
    return Spectrum(_decibels(power @ bands.T), mel_frequencies(MELS + 2, fmax=SAMPLE_RATE / 2)[1:-1], duration)


def _edges(frames: int, columns: int) -> np.ndarray:
    """(columns + 1,), fewer where there are fewer frames."""
    return np.linspace(0, frames, max(1, min(columns, frames)) + 1).astype(np.int64)


def _widen(low: np.ndarray, high: np.ndarray, edges: np.ndarray, start: int, block: np.ndarray) -> None:
    """block: (n, channels), the samples from ``start`` on."""
    first = int(np.searchsorted(edges, start, "right")) - 1
    inner = edges[(edges > start) & (edges < start + len(block))] - start
    starts = np.concatenate([[0], inner])
    columns = slice(first, first + len(starts))
    low[columns] = np.minimum(low[columns], np.minimum.reduceat(block.min(axis=1), starts))
    high[columns] = np.maximum(high[columns], np.maximum.reduceat(block.max(axis=1), starts))


def _power(wav: Path, columns: int) -> tuple[np.ndarray, float]:
    """(columns, WINDOW // 2 + 1), and the duration in s."""
    with wav.open("rb") as opened, soundfile.SoundFile(opened) as sound:
        frames = sound.frames
        edges = _edges(frames, min(columns, max(1, frames // HOP)))
        found = [_column(sound, int(begin), int(end)) for begin, end in pairwise(edges)]
    return np.array(found), frames / SAMPLE_RATE


def _column(sound: soundfile.SoundFile, begin: int, end: int) -> np.ndarray:
    """The mean power of each band in [begin, end), of all channels; a sine of full scale has 1."""
    count = max(1, min(WINDOWS, (end - begin) // HOP))
    middles = begin + (np.arange(count) + 0.5) * (end - begin) / count
    windows = _windows(sound, (middles - WINDOW / 2).round().astype(int))
    spectra = np.fft.rfft(windows * _HANN[:, None], axis=1)
    return (np.abs(spectra) ** 2).mean(axis=(0, 2)) * (2 / _HANN.sum()) ** 2


def _windows(sound: soundfile.SoundFile, starts: np.ndarray) -> np.ndarray:
    """(windows, WINDOW, channels), with silence around the recording."""
    if starts[-1] - starts[0] > _TOGETHER:
        return np.stack([_read(sound, int(start), WINDOW) for start in starts])
    part = _read(sound, int(starts[0]), int(starts[-1] - starts[0]) + WINDOW)
    return np.stack([part[start : start + WINDOW] for start in starts - starts[0]])


def _read(sound: soundfile.SoundFile, start: int, count: int) -> np.ndarray:
    """(count, channels)."""
    found = np.zeros((count, sound.channels), np.float32)
    first, last = max(start, 0), min(start + count, sound.frames)
    if last > first:
        sound.seek(first)
        found[first - start : last - start] = sound.read(last - first, dtype="float32", always_2d=True)
    return found


def _decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, 10 ** (FLOOR / 10)))
