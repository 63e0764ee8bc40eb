"""JSON: the shape of the HTTP API. ``conversation`` is what clients rely on; every other key is an addition."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pipeline.known import Identity
from pipeline.types import Conversation, Segment, Turn, Word

NAME = "json"
MIMETYPE = "application/json"
EXTENSION = "json"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``to_dict`` as text; ``name`` does not appear in it."""
    return json.dumps(to_dict(conversation, words=words), ensure_ascii=False, indent=2) + "\n"


def to_dict(conversation: Conversation, *, words: bool = False) -> dict[str, Any]:
    """Plain data; times in seconds, rounded to the millisecond. ``words`` adds each segment's words."""
    return {
        "conversation": [segment_row(segment, words) for segment in conversation.segments],
        "language": conversation.language,
        "duration": _round(conversation.duration),
        "speakers": list(conversation.speakers),
        "turns": [_turn(turn) for turn in conversation.turns],
        "models": dict(conversation.models),
        "timings": {stage: _round(seconds) for stage, seconds in conversation.timings.items()},
        "warnings": list(conversation.warnings),
        "identities": [asdict(one) for one in conversation.identities],
    }


def from_dict(data: dict[str, Any]) -> Conversation:
    """What ``to_dict`` with words made it of, to the millisecond. Raises LookupError, TypeError, ValueError."""
    return Conversation(
        segments=tuple(_read_segment(row) for row in data["conversation"]),
        turns=tuple(Turn(row["speaker"], row["start_time"], row["end_time"]) for row in data["turns"]),
        speakers=tuple(data["speakers"]),
        duration=data["duration"],
        language=data["language"],
        models=dict(data["models"]),
        timings=dict(data["timings"]),
        warnings=tuple(data["warnings"]),
        identities=tuple(map(Identity.from_dict, data.get("identities", ()))),  # which earlier versions lack
    )


def _read_segment(row: dict[str, Any]) -> Segment:
    words = tuple(_read_word(word) for word in row.get("words", ()))
    return Segment(row["speaker"], row["start_time"], row["end_time"], row["text"], words)


def _read_word(row: dict[str, Any]) -> Word:
    times = {"start": row["start_time"], "end": row["end_time"]}
    return Word(**times, **{name: value for name, value in row.items() if name not in ("start_time", "end_time")})


def segment_row(segment: Segment, words: bool = False) -> dict[str, Any]:
    """One of ``conversation``."""
    row: dict[str, Any] = {
        "speaker": segment.speaker,
        "start_time": _round(segment.start),
        "end_time": _round(segment.end),
        "text": segment.text,
    }
    return row | {"words": [_word(word) for word in segment.words]} if words else row


def _word(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "start_time": _round(word.start),
        "end_time": _round(word.end),
        "speaker": word.speaker,
        "confidence": _share(word.confidence),
        "speaker_confidence": _share(word.speaker_confidence),
        "overlap": word.overlap,
        "interpolated": word.interpolated,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {"speaker": turn.speaker, "start_time": _round(turn.start), "end_time": _round(turn.end)}


def _round(seconds: float) -> float:
    return round(float(seconds), 3)


def _share(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
