"""Deepgram: what ``POST /v1/listen`` answers. Seconds are floats, speakers are numbers from 0 by first appearance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from dialects.refusal import Refusal
from dialects.wording import (
    in_order,
    mean_confidence,
    passages,
    plain,
    sentences,
    share,
    split_at_pauses,
    text_of,
    written,
)
from pipeline.types import Conversation, Segment, Word

# What its clients look for by name; any other code is HTTP's phrase.
_CODES = {"missing_key": "INVALID_AUTH", "invalid_key": "INVALID_AUTH", "missing_scope": "INSUFFICIENT_PERMISSIONS"}
_STATUSES = {413: "Payload Too Large", 429: "TOO_MANY_REQUESTS"}
PAUSE = 0.8  # s: Deepgram's own utt_split
Numbers = dict[str | None, int]  # of the speakers


@dataclass(frozen=True)
class Wanted:
    """What the answer is to hold. pause: s after which somebody begins another utterance; channels: each by itself."""

    speakers: bool = False
    punctuation: bool = False
    paragraphs: bool = False
    utterances: bool = False
    channels: bool = False
    language: bool = False
    pause: float = PAUSE
    tags: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """request_id: of the answer; created: s since 1970; sha256: of the recording as it was sent, in hexadecimal."""

    request_id: str
    created: float
    sha256: str


def error(refusal: Refusal) -> dict[str, Any]:
    """``{"err_code", "err_msg", "request_id"}``."""
    code = _CODES.get(refusal.code) or _STATUSES.get(refusal.status) or HTTPStatus(refusal.status).phrase
    return {"err_code": code, "err_msg": refusal.message, "request_id": refusal.request_id}


def to_dict(conversation: Conversation, wanted: Wanted, received: Received) -> dict[str, Any]:
    """Plain data; times in seconds, rounded to the millisecond."""
    sides = _sides(conversation) if wanted.channels and conversation.channels else [conversation]
    results: dict[str, Any] = {"channels": [_channel(side, wanted) for side in sides]}
    if wanted.utterances:
        found = [row for index, side in enumerate(sides) for row in _utterances(side, wanted, index)]
        found.sort(key=lambda row: (row["start"], row["end"]))
        results["utterances"] = [row | {"id": _id(received, index)} for index, row in enumerate(found)]
    metadata = _metadata(conversation, received, len(sides)) | _echoed(wanted)
    return {"metadata": metadata, "results": results, "warnings": list(conversation.warnings)}


def _sides(conversation: Conversation) -> list[Conversation]:
    """One conversation for each channel; a channel without speech has an empty one."""
    return [
        replace(
            conversation,
            segments=tuple(segment for segment in conversation.segments if segment.speaker == speaker),
            turns=(),
            speakers=(speaker,) if speaker else (),
        )
        for speaker in conversation.channels
    ]


def _metadata(conversation: Conversation, received: Received, channels: int) -> dict[str, Any]:
    created = datetime.fromtimestamp(received.created, UTC).isoformat(timespec="milliseconds")
    info = {name: {"name": name, "version": "", "arch": stage} for stage, name in conversation.models.items()}
    return {
        "transaction_key": "deprecated",
        "request_id": received.request_id,
        "sha256": received.sha256,
        "created": created.replace("+00:00", "Z"),
        "duration": _seconds(conversation.duration),
        "channels": channels,
        "models": list(info),
        "model_info": info,
    }


def _echoed(wanted: Wanted) -> dict[str, Any]:
    tags = {"tags": list(wanted.tags)} if wanted.tags else {}
    return tags | ({"extra": wanted.extra} if wanted.extra else {})


def _channel(conversation: Conversation, wanted: Wanted) -> dict[str, Any]:
    segments, numbers = passages(conversation), _numbers(conversation)
    words = [word for segment in segments for word in segment.words]
    alternative: dict[str, Any] = _said(words, conversation.language, numbers, wanted)
    if wanted.paragraphs:
        alternative["paragraphs"] = _paragraphs(segments, conversation.language, numbers, wanted)
    language = {"detected_language": conversation.language} if wanted.language else {}
    return {"alternatives": [alternative], **language}


def _said(words: Sequence[Word], language: str | None, numbers: Numbers, wanted: Wanted) -> dict[str, Any]:
    shown = written(words, wanted.punctuation, wanted.punctuation)
    return {
        "transcript": text_of(shown, language),
        "confidence": mean_confidence(words),
        "words": [_word(word, numbers, wanted) for word in words],
    }


def _numbers(conversation: Conversation) -> Numbers:
    return {speaker: number for number, speaker in enumerate(in_order(conversation))}


def _word(word: Word, numbers: Numbers, wanted: Wanted) -> dict[str, Any]:
    row: dict[str, Any] = {
        "word": plain(word.text),
        "start": _seconds(word.start),
        "end": _seconds(word.end),
        "confidence": share(word.confidence),
    }
    if wanted.punctuation:
        row["punctuated_word"] = word.text
    if wanted.speakers:
        row |= {"speaker": numbers[word.speaker], "speaker_confidence": share(word.speaker_confidence)}
    return row


def _paragraphs(segments: Sequence[Segment], language: str | None, numbers: Numbers, wanted: Wanted) -> dict[str, Any]:
    """Each segment is one. They are always punctuated."""
    rows, text, before = list[dict[str, Any]](), "", None
    for segment in segments:
        label = f"Speaker {numbers[segment.speaker]}: " if wanted.speakers and segment.speaker != before else ""
        text, before = f"{text}\n{label}{text_of(segment.words, language)}\n", segment.speaker
        rows.append(_paragraph(segment, language) | _speaker(segment.speaker, numbers, wanted))
    return {"transcript": text.removesuffix("\n"), "paragraphs": rows}


def _paragraph(segment: Segment, language: str | None) -> dict[str, Any]:
    said = [
        {"text": text_of(words, language), "start": _seconds(words[0].start), "end": _end(words)}
        for words in sentences(segment.words)
    ]
    start, end = said[0]["start"], max(row["end"] for row in said)
    return {"sentences": said, "num_words": len(segment.words), "start": start, "end": end}


def _utterances(conversation: Conversation, wanted: Wanted, channel: int) -> Iterator[dict[str, Any]]:
    """What one speaker says without a pause, in one segment or in several that follow each other."""
    numbers, language = _numbers(conversation), conversation.language
    for speaker, segments in groupby(passages(conversation), key=lambda segment: segment.speaker):
        said = [word for segment in segments for word in segment.words]
        for words in split_at_pauses(said, wanted.pause):
            span = {"start": _seconds(words[0].start), "end": _end(words), "channel": channel}
            yield span | _said(words, language, numbers, wanted) | _speaker(speaker, numbers, wanted)


def _id(received: Received, index: int) -> str:
    return str(uuid5(NAMESPACE_OID, f"{received.request_id} {index}"))


def _speaker(speaker: str, numbers: Numbers, wanted: Wanted) -> dict[str, Any]:
    return {"speaker": numbers[speaker]} if wanted.speakers else {}


def _end(words: Sequence[Word]) -> float:
    return _seconds(max(word.end for word in words))


def _seconds(value: float) -> float:
    return round(float(value), 3)
