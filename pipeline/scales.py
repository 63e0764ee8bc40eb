"""Scales: speech cut into windows of several lengths, in which voices are compared.

The cuts are those of NeMo's ClusteringDiarizer (``speaker_utils``), to the last bit: a window that begins one sample
later is another window. Times are rounded as NeMo rounds them when it writes them to its manifests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.parameters import SHORTEST_WINDOW
from pipeline.types import SAMPLE_RATE, Samples, Span

_DECIMALS = 5  # of the times in NeMo's manifest of speech


class Window(NamedTuple):
    """A stretch of speech at one scale: [start, start + duration) s."""

    start: float
    duration: float

    @property
    def end(self) -> float:
        return self.start + self.duration

    def range(self, samples: Samples) -> range:
        """Its samples, as far as there are any. Start and length are rounded down, each by itself, as NeMo reads them
        from a file."""
        first = int(self.start * SAMPLE_RATE)
        return range(first, max(first, min(first + int(self.duration * SAMPLE_RATE), len(samples))))

    def cut(self, samples: Samples) -> np.ndarray:
        own = self.range(samples)
        return samples[own.start : own.stop]


def cut_windows(spans: Sequence[Span], length: float, shift: float) -> list[Window]:
    """The windows of one scale: ``length`` s every ``shift`` s of each span, the last as long as speech is left."""
    return [window for span in spans for window in _windows(span, length, shift) if window.duration > SHORTEST_WINDOW]


def _windows(span: Span, length: float, shift: float) -> Iterator[Window]:
    first, duration = round(span.start, _DECIMALS), round(span.duration, _DECIMALS)
    last = first + duration
    for index in range(max(0, math.ceil((duration - length) / shift)) + 1):
        start = first + index * shift
        yield Window(start, min(start + length, last) - start)


def repeated(clip: np.ndarray, length: int) -> np.ndarray:
    """A clip again and again until it is ``length`` long, ending with its own end; the last axis is time.

    NeMo fills short windows in this way; silence after them would tell of no voice.
    """
    times, rest = divmod(length, clip.shape[-1])
    parts = [clip] * times + ([clip[..., -rest:]] if rest else [])
    return np.concatenate(parts, -1) if len(parts) != 1 else parts[0]
