"""The conversation as a table: a row per segment, or per word. What CSV, TSV and Parquet write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formats.cues import milliseconds
from pipeline.types import Conversation, Segment, Word

Row = dict[str, Any]


def segment_rows(conversation: Conversation) -> Iterator[Row]:
    """In the conversation's order: ``start_time``, ``end_time`` (s, to the millisecond), ``speaker``, ``text``."""
    return map(_segment, conversation.segments)


def word_rows(conversation: Conversation) -> Iterator[Row]:
    """In the conversation's order: ``segment`` (its number, from 0), ``start_time``, ``end_time``, ``speaker``,
    ``text``, ``confidence``, ``speaker_confidence`` (0-1 or None), ``overlap``, ``interpolated``. A segment whose words
    are not known is one row, interpolated."""
    for number, segment in enumerate(conversation.segments):
        for word in segment.words or [Word(segment.text, segment.start, segment.end, interpolated=True)]:
            yield {"segment": number, **_word(word, segment)}


def _segment(segment: Segment) -> Row:
    return {**_times(segment), "speaker": segment.speaker, "text": segment.text}


def _word(word: Word, segment: Segment) -> Row:
    return {
        **_times(word),
        "speaker": segment.speaker,
        "text": word.text,
        "confidence": _share(word.confidence),
        "speaker_confidence": _share(word.speaker_confidence),
        "overlap": word.overlap,
        "interpolated": word.interpolated,
    }


def _times(item: Segment | Word) -> Row:
    return {"start_time": milliseconds(item.start) / 1000, "end_time": milliseconds(item.end) / 1000}


def _share(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


SEGMENT_COLUMNS = ("start_time", "end_time", "speaker", "text")
WORD_COLUMNS = ("segment", *SEGMENT_COLUMNS, "confidence", "speaker_confidence", "overlap", "interpolated")
