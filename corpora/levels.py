"""How loud a recording is, every 10 ms, and where in it nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.types import Span

STEP = 0.01  # s
PAUSE = 0.12  # s of quiet that are a pause; the closure of a plosive is shorter
FULL_SCALE = 0.998  # of a sample; resampling moves what was cut off at 1.0 a little
_SMOOTH = 3  # steps over which the level is averaged
_AROUND = 5.0  # s on each side from which the level of the noise is taken
_NOISE, _SPEECH = 5, 90  # percentiles of the levels that stand for them
_QUIET = 0.3  # of the way from the noise to the speech, in dB
_RANGE = 50.0  # dB below the speech that count at most: a digital zero is no more silent than a silent room
_BLOCK = 60.0  # s read at a time
_LOWEST = -100.0  # dB


@dataclass(frozen=True, eq=False)
class Levels:
    """Of each step: decibels, float (n,), where 0 dB is a square wave at full scale; full, int (n,): samples at full
    scale, in the channel that has most of them."""

    decibels: np.ndarray
    full: np.ndarray

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.decibels) * STEP

    @property
    def noise(self) -> float:
        """The level of its quietest moments, dB."""
        return float(np.percentile(self.decibels, _NOISE)) if len(self.decibels) else _LOWEST

    def part(self, span: Span) -> np.ndarray:
        """The levels in a span."""
        return self.decibels[_first(span.start) : max(_first(span.end), _first(span.start) + 1)]

    def clipped(self, span: Span) -> int:
        """Samples at full scale in a span."""
        return int(self.full[_first(span.start) : _first(span.end) + 1].sum())

    def quiet_below(self, span: Span) -> float:
        """The level (dB) below which nobody speaks around a span in which somebody does."""
        around = self.part(Span(max(0.0, span.start - _AROUND), span.end + _AROUND))
        spoken = self.part(span)
        if not len(around) or not len(spoken):
            return _LOWEST
        speech = float(np.percentile(spoken, _SPEECH))
        noise = max(float(np.percentile(around, _NOISE)), speech - _RANGE)
        return noise + _QUIET * (speech - noise)

    def pauses(self, low: float, high: float, limit: float) -> list[Span]:
        """The stretches of at least PAUSE s within [low, high) s that are quieter than ``limit`` dB."""
        first = max(0, round(low / STEP))
        quiet = self.decibels[first : max(first, round(high / STEP))] < limit
        edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet, [0]])))
        rows = ((first + edges.reshape(-1, 2)) * STEP).tolist()
        return [Span(start, end) for start, end in rows if end - start >= PAUSE - STEP / 2]

    def quietest(self, low: float, high: float) -> tuple[float, float]:
        """The moment (s) within [low, high) at which it is quietest, and how loud it is then (dB)."""
        first = min(max(0, round(low / STEP)), max(0, len(self.decibels) - 1))
        part = self.decibels[first : max(first + 1, round(high / STEP))]
        if not len(part):
            return low, _LOWEST
        at = int(part.argmin())
        return min(max((first + at + 0.5) * STEP, low), high), float(part[at])


def _first(seconds: float) -> int:
    return max(0, int(seconds / STEP))


def read_levels(wav: Path, channels: Path | None = None) -> Levels:
    """Of a WAV with one channel. channels: the same with all of them, for what was cut off in one, or ``wav``."""
    energy, full = list[np.ndarray](), list[np.ndarray]()
    for rows in _rows(wav):
        energy.append((rows.astype(np.float64) ** 2).mean(axis=(1, 2)))
        full.append(_full(rows))
    if channels and channels != wav:
        full = [_full(rows) for rows in _rows(channels)]
    power = np.concatenate(energy) if energy else np.zeros(0)
    smooth = np.convolve(power, np.full(_SMOOTH, 1 / _SMOOTH), "same") if len(power) else power
    decibels = 10 * np.log10(np.maximum(smooth, 10 ** (_LOWEST / 10)))
    return Levels(decibels, np.concatenate(full) if full else np.zeros(0, int))


def _full(rows: np.ndarray) -> np.ndarray:
    """Samples at full scale in each step, int (steps,), in the channel that has most of them."""
    return (np.abs(rows) >= FULL_SCALE).sum(axis=1).max(axis=1)


def _rows(wav: Path) -> Iterator[np.ndarray]:
    """The samples: float32 (steps, samples of one step, channels), in blocks; the last step is filled up with zeros.
    Steps begin at whole samples, so each is as long as the rate allows."""
    with soundfile.SoundFile(wav) as file:
        edges = np.round(np.arange(0, file.frames / file.samplerate + STEP, STEP) * file.samplerate).astype(int)
        width = int(np.ceil(STEP * file.samplerate))
        steps, block = int(np.ceil(file.frames / file.samplerate / STEP - 1e-9)), round(_BLOCK / STEP)
        for begin in range(0, steps, block):
            starts = edges[begin : min(begin + block, steps)]
            file.seek(int(starts[0]))
            samples = file.read(int(starts[-1] - starts[0]) + width, dtype="float32", always_2d=True)
            samples = np.pad(samples, ((0, int(starts[-1] - starts[0]) + width - len(samples)), (0, 0)))
            yield samples[(starts - starts[0])[:, None] + np.arange(width)]
