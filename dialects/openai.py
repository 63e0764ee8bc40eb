"""OpenAI's audio API: transcriptions and errors. Times are seconds, to the millisecond."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from dialects.letters import Letters, letters
from dialects.refusal import Refusal
from dialects.spoken import said
from formats import srt
from formats.cues import Cue, cues
from formats.folding import fold
from pipeline.languages import NAMES
from pipeline.types import Conversation, Segment, Word

# What its clients look for by name; any other code is ours.
_CODES = {"invalid_key": "invalid_api_key", "rate_limited": "rate_limit_exceeded"}
_LIMITED = 429
_SEEK = 100  # Whisper's frames in a second
_LEAST = 1e-10  # a share of which a logarithm can be taken

Body = dict[str, Any]


class Format(Protocol):
    """A module of subtitles, of formats/."""

    def write(self, found: Iterable[Cue]) -> str: ...


def error(refusal: Refusal) -> Body:
    """``{"error": {"message", "type", "param", "code"}}``."""
    code = _CODES.get(refusal.code, refusal.code)
    kind = "server_error" if refusal.status >= 500 else "invalid_request_error"
    if refusal.status == _LIMITED:
        kind = "rate_limit_error"
    return {"error": {"message": refusal.message, "type": kind, "param": refusal.field, "code": code}}


def json(conversation: Conversation) -> Body:
    return {"text": said(conversation), "usage": _usage(conversation)}


def verbose_json(conversation: Conversation, granularities: Collection[str]) -> Body:
    """granularities: of "segment" and "word"."""
    body: Body = {
        "task": "transcribe",
        "language": NAMES.get(conversation.language or "", conversation.language or ""),
        "duration": seconds(conversation.duration),
        "text": said(conversation),
        "usage": _usage(conversation),
    }
    if "segment" in granularities:
        body["segments"] = [verbose_segment(number, one) for number, one in enumerate(conversation.segments)]
    if "word" in granularities:
        words = sorted(words_of(conversation.segments), key=lambda word: (word.start, word.end))
        body["words"] = [
            {"word": fold(word.text), "start": seconds(word.start), "end": seconds(word.end)} for word in words
        ]
    return body


def diarized_json(conversation: Conversation, known: Collection[str] = ()) -> Body:
    """known: names of speakers that stay as they are; the others get letters."""
    label = letters(conversation.speakers, known)
    rows = [diarized_segment(number, one, label) for number, one in enumerate(conversation.segments)]
    return {
        "task": "transcribe",
        "duration": seconds(conversation.duration),
        "text": said(conversation),
        "segments": rows,
        "usage": _usage(conversation),
    }


def subtitles(conversation: Conversation, kind: Format, *, named: bool, known: Collection[str] = ()) -> str:
    """kind: formats.srt or formats.vtt; named: each cue says who speaks, by the labels of :func:`diarized_json`."""
    label = letters(conversation.speakers, known)
    segments = tuple(replace(segment, speaker=label(segment.speaker)) for segment in conversation.segments)
    found = cues(replace(conversation, segments=segments), named=named and kind is srt)
    return kind.write(found if named else (replace(cue, speaker="") for cue in found))


def diarized_segment(number: int, segment: Segment, label: Letters) -> Body:
    """number: from 0, in the conversation."""
    return {
        "type": "transcript.text.segment",
        "id": segment_id(number),
        "start": seconds(segment.start),
        "end": seconds(segment.end),
        "text": fold(segment.text),
        "speaker": label(segment.speaker),
    }


def segment_id(number: int) -> str:
    return f"seg_{number + 1:03d}"


def seconds(time: float) -> float:
    return round(float(time), 3)


def words_of(segments: Sequence[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def _usage(conversation: Conversation) -> Body:
    return {"type": "duration", "seconds": seconds(conversation.duration)}


def verbose_segment(number: int, segment: Segment) -> Body:
    """As Whisper tells it, from what any recogniser knows: there are no token ids, nothing is sampled at a temperature,
    and what was not speech is no segment."""
    line = fold(segment.text)
    return {
        "id": number,
        "seek": round(segment.start * _SEEK),
        "start": seconds(segment.start),
        "end": seconds(segment.end),
        "text": line,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _logprob(segment.words),
        "compression_ratio": _compression(line),
        "no_speech_prob": 0.0,
    }


def _logprob(words: Sequence[Word]) -> float:
    """The mean over the words that have a confidence; 0 where none has."""
    known = [math.log(max(_LEAST, word.confidence)) for word in words if word.confidence is not None]
    return round(sum(known) / len(known), 4) if known else 0.0


def _compression(line: str) -> float:
    data = line.encode()
    return round(len(data) / len(zlib.compress(data)), 4)
