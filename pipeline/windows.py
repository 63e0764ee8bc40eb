"""Speech spans -> windows of at most 30 s for a recogniser with a fixed input, and their times back again.

A window holds stretches of the recording one after another. Pauses up to twice the padding stay whole; of a longer
pause the padding stays on both sides and the middle is left out. So no speech is lost or heard twice, sparse speech
costs no more than dense speech, and every instant of a window is an exact instant of the recording.
Times are kept on whole samples: seconds here are always a multiple of 1 / SAMPLE_RATE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from pipeline.types import SAMPLE_RATE, Audio, Span

# A pause this long ends a sentence as surely as any longer one, so windows gain nothing by waiting for more.
FULL_PAUSE = 1.0
_FRAME = 0.03  # s, of the energy whose minimum cuts speech that never pauses: about one glottal pause
_ROUNDING = 1e-6  # s, far below a sample: what adding durations may cost


@dataclass(frozen=True)
class Window:
    """Stretches of the recording, in order and apart, heard as one sound. ``spans``: the speech in them."""

    pieces: tuple[Span, ...]
    spans: tuple[Span, ...]

    @cached_property
    def offsets(self) -> tuple[float, ...]:
        """Where each piece starts in the window (s), and last the window's length. Summed up in samples: two windows
        of as many samples are equally long, whatever they are made of."""
        samples = np.cumsum([round(piece.duration * SAMPLE_RATE) for piece in self.pieces])
        return (0.0, *(samples / SAMPLE_RATE).tolist())

    @property
    def duration(self) -> float:
        return self.offsets[-1]

    @property
    def speech(self) -> float:
        """Seconds of speech in the window, padding left out."""
        return sum(span.duration for span in self.spans)

    def samples(self, audio: Audio) -> np.ndarray:
        """float32 (duration * 16000,)."""
        return np.concatenate([audio.cut(piece.start, piece.end) for piece in self.pieces])

    def interval(self, start: float, end: float) -> tuple[float, float]:
        """[start, end) s of the window as an interval of the recording.

        Where it runs over a pause that was left out, the part in the piece that holds more of it remains:
        no word is spoken across a pause.
        """
        shared = [min(end, b) - max(start, a) for a, b in pairwise(self.offsets)]
        best = int(np.argmax(shared))
        piece, shift = self.pieces[best], self.pieces[best].start - self.offsets[best]
        first, last = (min(max(time + shift, piece.start), piece.end) for time in (start, end))
        return first, max(first, last)


def windows(spans: Sequence[Span], audio: Audio, *, longest: float, padding: float) -> list[Window]:
    """All of ``spans`` (s; sorted, apart) as windows of at most ``longest`` s, each cut where the pause is long.

    A span that is too long for a window is first cut at its quietest instants.
    """
    limit = longest - 2 * padding
    parts = [part for span in _on_samples(spans, audio.duration) for part in split(span, audio, limit)]
    pieces = padded(parts, padding, audio.duration)
    return [Window(_joined(pieces[a:b]), tuple(parts[a:b])) for a, b in _groups(parts, pieces, longest)]


def _on_samples(spans: Sequence[Span], duration: float) -> list[Span]:
    def snap(time: float) -> float:
        return round(min(time, duration) * SAMPLE_RATE) / SAMPLE_RATE

    snapped = [Span(snap(span.start), snap(span.end)) for span in spans]
    return [span for span in snapped if span.duration > 0]


def split(span: Span, audio: Audio, limit: float) -> list[Span]:
    """``span`` in parts of at most ``limit`` s, cut at the quietest 30 ms of the last half of each part."""
    parts = []
    while span.duration > limit:
        cut = _quietest(audio, span.start + limit / 2, span.start + limit)
        parts.append(Span(span.start, cut))
        span = Span(cut, span.end)
    return [*parts, span]


def _quietest(audio: Audio, start: float, end: float) -> float:
    """The middle of the frame of least energy within [start, end) s."""
    frame = round(_FRAME * SAMPLE_RATE)
    power = np.concatenate(([0.0], np.cumsum(np.square(audio.cut(start, end), dtype=np.float64))))
    quietest = int(np.argmin(power[frame:] - power[:-frame]))
    return (round(start * SAMPLE_RATE) + quietest + frame // 2) / SAMPLE_RATE


def padded(spans: Sequence[Span], padding: float, duration: float) -> list[Span]:
    """Each span widened by ``padding`` s on both sides, within the recording; close neighbours meet in the middle."""
    edges = [0.0, *(_middle(left.end, right.start) for left, right in pairwise(spans)), duration]
    margin = round(padding * SAMPLE_RATE) / SAMPLE_RATE
    return [
        Span(max(low, span.start - margin), min(high, span.end + margin))
        for span, low, high in zip(spans, edges, edges[1:], strict=False)
    ]


def _middle(start: float, end: float) -> float:
    return round((start + end) / 2 * SAMPLE_RATE) / SAMPLE_RATE


def _groups(spans: Sequence[Span], pieces: Sequence[Span], longest: float) -> list[tuple[int, int]]:
    """Index ranges [a, b) of pieces that share a window: the fewest windows, and among those the longest pauses
    between them (dynamic programming over the last cut)."""
    costs, cut_from = [(0, 0.0)], []
    for b in range(1, len(pieces) + 1):
        pause = spans[b].start - spans[b - 1].end if b < len(spans) else FULL_PAUSE
        found, a, length = [], b - 1, 0.0
        while a >= 0 and (length := length + pieces[a].duration) <= longest + _ROUNDING:
            found.append((costs[a][0] + 1, costs[a][1] - min(pause, FULL_PAUSE), a))
            a -= 1
        best = min(found)  # never empty: every piece fits a window
        costs.append(best[:2])
        cut_from.append(best[2])
    return _traced(cut_from)


def _traced(cut_from: Sequence[int]) -> list[tuple[int, int]]:
    ranges, b = [], len(cut_from)
    while b > 0:
        ranges.append((cut_from[b - 1], b))
        b = cut_from[b - 1]
    return ranges[::-1]


def _joined(pieces: Sequence[Span]) -> tuple[Span, ...]:
    """Pieces that meet become one."""
    joined = [pieces[0]]
    for piece in pieces[1:]:
        if piece.start == joined[-1].end:
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return tuple(joined)
