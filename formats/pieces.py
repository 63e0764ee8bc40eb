"""A segment's text, cut where its words begin: what subtitles and reports are laid out from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formats.folding import fold
from pipeline.types import Segment


@dataclass(frozen=True)
class Piece:
    """A word as it stands in the text, with the space behind it; s, within the segment; confidence: 0-1 or None."""

    text: str
    start: float
    end: float
    confidence: float | None = None


def pieces(segment: Segment) -> list[Piece]:
    """They join to the text as one line (``fold``). Where its words are not known, or not those of the text, it is cut
    at its spaces, and each piece takes the share of time that it has of the characters."""
    text = fold(segment.text)
    return _timed(text, segment) or list(_even(text, segment))


def _timed(text: str, segment: Segment) -> list[Piece]:
    """With the words' times; empty where words and text do not agree.

    Cutting the text instead of joining words keeps its spacing, in languages that write none too.
    """
    words = [word for word in segment.words if fold(word.text)]
    begins, position = [], 0
    for word in words:
        begin = text.find(fold(word.text), position)
        if begin < 0:
            return []
        begins.append(begin)
        position = begin + len(fold(word.text))
    cuts = [0, *begins[1:], len(text)]  # what stands before the first word belongs to it
    return [
        Piece(text[begin:end], _clamp(word.start, segment), _clamp(word.end, segment), word.confidence)
        for begin, end, word in zip(cuts, cuts[1:], words, strict=False)
    ]


def _even(text: str, segment: Segment) -> Iterator[Piece]:
    done, first = 0, round(segment.start, 3)  # what the JSON says, so that its readers make the same of it
    length = round(segment.end, 3) - first
    for token in text.split():
        begin, done = done, min(len(text), done + len(token) + 1)
        start, end = (first + length * place / len(text) for place in (begin, done))
        yield Piece(text[begin:done], start, end)


def _clamp(time: float, segment: Segment) -> float:
    return min(max(time, segment.start), segment.end)
