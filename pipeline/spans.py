"""Probabilities per frame -> spans, by the rules of NeMo's ``vad_utils`` (Gelly and Gauvain, Interspeech 2015).

NeMo computes in float32, and times on a grid of frames often lie just on a limit: float32 here too, so that both
decide alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from pipeline.types import Span


class Rules(Protocol):
    """As in ``pipeline.parameters``: shares for onset and offset, seconds for the others."""

    @property
    def onset(self) -> float: ...
    @property
    def offset(self) -> float: ...
    @property
    def pad_onset(self) -> float: ...
    @property
    def pad_offset(self) -> float: ...
    @property
    def min_duration_on(self) -> float: ...
    @property
    def min_duration_off(self) -> float: ...
    @property
    def filter_speech_first(self) -> bool: ...


def spans_by(rules: Rules, probability: np.ndarray, frame: float) -> list[Span]:
    """probability: float (frames,), one frame each ``frame`` s. The last frame of the recording ends no span of its
    own, as in NeMo; padding may reach beyond the recording's end."""
    spans = list(merged(_padded(rules, probability.tolist(), frame)))
    long, close = _single(rules.min_duration_on), _single(rules.min_duration_off)
    if rules.filter_speech_first:
        spans = [span for span in spans if _single(span.duration) >= long]
    spans = list(merged(spans, close))
    if not rules.filter_speech_first:
        spans = [span for span in spans if _single(span.duration) >= long]
    return [span for span in spans if span.start < span.end]


def _padded(rules: Rules, probability: Sequence[float], frame: float) -> Iterator[Span]:
    for first, last in _hysteresis(probability, _single(rules.onset), _single(rules.offset)):
        start, end = max(0.0, first * frame - rules.pad_onset), last * frame + rules.pad_offset
        if start <= end:
            yield Span(_single(start), _single(end))


def _hysteresis(probability: Sequence[float], onset: float, offset: float) -> Iterator[tuple[int, int]]:
    """A loop and no vector arithmetic: offset may lie above onset, and then the state alone tells what a frame does."""
    start = None
    for index, value in enumerate(probability):
        if start is None and value > onset:
            start = index
        elif start is not None and value < offset:
            yield start, index
            start = None
    if start is not None:
        yield start, len(probability) - 1


def merged(spans: Iterable[Span], gap: float = 0.0) -> Iterator[Span]:
    """Spans by start; those that touch, or are less than ``gap`` s apart, become one."""
    last: Span | None = None
    for span in sorted(spans, key=lambda span: span.start):
        if last and (span.start <= last.end or _single(span.start - last.end) < gap):
            last = Span(last.start, max(last.end, span.end))
        else:
            if last:
                yield last
            last = span
    if last:
        yield last


def _single(value: float) -> float:
    """The nearest float32."""
    return float(np.float32(value))
