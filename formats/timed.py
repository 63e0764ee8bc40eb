"""Words with times, of every segment: what the formats that know only words write."""

from __future__ import annotations

from dataclasses import replace

from formats.folding import fold
from formats.pieces import pieces
from pipeline.types import Segment, Word


def timed_words(segment: Segment) -> list[Word]:
    """The segment's words that are not empty, each on one line; where it has none, those of its text, which share its
    time by their length and are marked as interpolated."""
    known = [replace(word, text=text) for word in segment.words if (text := fold(word.text))]
    return known or [
        Word(piece.text.strip(), piece.start, piece.end, speaker=segment.speaker, interpolated=True)
        for piece in pieces(segment)
    ]
