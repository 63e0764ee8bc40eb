"""Words with times, of every segment: what the formats that know only words write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from formats.folding import fold
from pipeline.types import Segment, Word


def timed_words(segment: Segment) -> list[Word]:
    """The segment's words that are not empty, each on one line; where it has none, those of its text, which share its
    time by their length and are marked as interpolated."""
    known = [replace(word, text=text) for word in segment.words if (text := fold(word.text))]
    return known or list(_shared_out(segment))


def _shared_out(segment: Segment) -> Iterator[Word]:
    text, length = fold(segment.text), segment.end - segment.start
    position = 0
    for token in text.split():
        first, position = position, min(len(text), position + len(token) + 1)
        start, end = (segment.start + length * place / len(text) for place in (first, position))
        yield Word(token, start, min(end, segment.end), speaker=segment.speaker, interpolated=True)
