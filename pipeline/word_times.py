"""When each word of a window was spoken, in the recording.

Cross-attention gives every word the time up to the next one, pauses included, and sometimes no frame at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.types import Span, Word
from pipeline.windows import Window

# s that the alignment ends a word too early before a pause: median 0.13 in dialogues, 0.32 with room echo.
TRAILING = 0.5


@dataclass(frozen=True)
class AlignedWord:
    """start, end: s in the window; equal where the alignment left the word no frame. confidence: 0-1."""

    text: str
    start: float
    end: float
    confidence: float

    @property
    def squeezed(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True)
class Decoded:
    """What was heard in one window, and how the decoder judges itself.

    logprob: mean log probability of the tokens; no_speech: probability that nothing was said;
    compression: bytes of the text over those of its deflated form, high where it repeats itself.
    """

    words: tuple[AlignedWord, ...]
    logprob: float
    no_speech: float
    compression: float


def placed(words: Sequence[AlignedWord], window: Window) -> list[Word]:
    """``words`` in the recording, in order, each within one stretch of speech; outside all speech they are left out."""
    found = []
    for group in _groups(words):
        start, end = _interval(group, window)
        times = _shared(start, end, [len(word.text) for word in group])
        for word, (first, last) in zip(group, times, strict=True):
            if spoken := within_speech(first, last, window.spans):
                found.append(Word(word.text, *spoken, word.confidence, interpolated=len(group) > 1))
    return _to_the_end_of_speech(found, window.spans)


def _to_the_end_of_speech(words: Sequence[Word], spans: Sequence[Span]) -> list[Word]:
    """The last word of each span reaches its end: what sounds there is the rest of that word."""
    if not words:
        return []
    ends = [next((span.end for span in spans if span.start <= word.start < span.end), word.end) for word in words]
    is_last = [end != following for end, following in zip(ends, [*ends[1:], None], strict=True)]
    return [
        replace(word, end=end) if last and end - word.end <= TRAILING else word
        for word, end, last in zip(words, ends, is_last, strict=True)
    ]


def _groups(words: Sequence[AlignedWord]) -> list[list[AlignedWord]]:
    """Each word that has a time, with the squeezed ones that must share it: those after it, at the start before it."""
    groups: list[list[AlignedWord]] = []
    for word in words:
        if groups and (word.squeezed or all(other.squeezed for other in groups[-1])):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _interval(group: Sequence[AlignedWord], window: Window) -> tuple[float, float]:
    timed = next((word for word in group if not word.squeezed), None)
    return window.interval(timed.start, timed.end) if timed else window.interval(0.0, window.duration)


def _shared(start: float, end: float, letters: Sequence[int]) -> list[tuple[float, float]]:
    """[start, end) divided in proportion to the letters."""
    edges, total = [start], sum(letters)
    for count in letters[:-1]:
        edges.append(edges[-1] + (end - start) * count / total)
    return list(zip(edges, [*edges[1:], end], strict=True))


def within_speech(start: float, end: float, spans: Sequence[Span]) -> tuple[float, float] | None:
    """The part of [start, end) in the span that holds most of it; None where it touches none.

    So a word that the alignment starts in the pause before it starts at the onset of its speech.
    """
    best = max(spans, key=lambda span: min(end, span.end) - max(start, span.start))
    first, last = max(start, best.start), min(end, best.end)
    return (first, last) if first < last else None
