"""whisper-asr-webservice: what Whisper's own tools write. Times are seconds, in TSV whole milliseconds."""

from __future__ import annotations

import json as encoder
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dialects.openai import Body, seconds, verbose_segment
from dialects.refusal import Refusal
from dialects.spoken import said
from formats import srt as srt_format
from formats import vtt as vtt_format
from formats.cues import Cue, cues, milliseconds
from formats.folding import fold
from pipeline.languages import NAMES
from pipeline.types import Conversation, Segment, Word

_INVALID = 422  # a parameter is at fault
_FILE = "audio_file"


def error(refusal: Refusal) -> dict[str, Any]:
    """As FastAPI has it: ``{"detail": "..."}``, of a parameter ``{"detail": [{"type", "loc", "msg"}]}``."""
    if refusal.status != _INVALID or refusal.field is None:
        return {"detail": refusal.message}
    place = "body" if refusal.field == _FILE else "query"
    return {"detail": [{"type": refusal.code, "loc": [place, refusal.field], "msg": refusal.message}]}


def txt(conversation: Conversation, *, speakers: bool = False) -> str:
    """A line for each segment. speakers: which opens with who speaks, in each of these formats."""
    return "".join(f"{_named(segment, speakers)}\n" for segment in conversation.segments)


def tsv(conversation: Conversation, *, speakers: bool = False) -> str:
    rows = (
        f"{milliseconds(one.start)}\t{milliseconds(one.end)}\t{_named(one, speakers)}\n"
        for one in conversation.segments
    )
    return "start\tend\ttext\n" + "".join(rows)


def srt(conversation: Conversation, *, speakers: bool = False) -> str:
    return srt_format.write(_cues(conversation, speakers))


def vtt(conversation: Conversation, *, speakers: bool = False) -> str:
    return vtt_format.write(_cues(conversation, speakers))


def json(conversation: Conversation, *, speakers: bool = False, words: bool = False) -> str:
    """speakers: who speaks, in segments and words; words: those of each segment. What there is to warn of is told."""
    rows = [
        verbose_segment(number, segment)
        | ({"words": [_word(word, speakers) for word in segment.words]} if words else {})
        | ({"speaker": segment.speaker} if speakers else {})
        for number, segment in enumerate(conversation.segments)
    ]
    made: Body = {"text": said(conversation), "segments": rows, "language": conversation.language or ""}
    return encoder.dumps(made | ({"warnings": list(conversation.warnings)} if conversation.warnings else {}))


Write = Callable[..., str]
FORMATS: dict[str, Write] = {"txt": txt, "vtt": vtt, "srt": srt, "tsv": tsv, "json": json}


def language(conversation: Conversation) -> Body:
    """``{"detected_language", "language_code", "confidence"}``; confidence is 0-1."""
    code = conversation.language or ""
    confidence = round(conversation.language_confidence or 0.0, 4)
    return {"detected_language": NAMES.get(code, code), "language_code": code, "confidence": confidence}


def _cues(conversation: Conversation, speakers: bool) -> list[Cue]:
    named = tuple(replace(segment, speaker=f"[{fold(segment.speaker)}]") for segment in conversation.segments)
    return [replace(cue, speaker="") for cue in cues(replace(conversation, segments=named), named=speakers)]


def _named(segment: Segment, speakers: bool) -> str:
    line = fold(segment.text)
    return f"[{fold(segment.speaker)}]: {line}".rstrip() if speakers else line


def _word(word: Word, speakers: bool) -> Body:
    row: Body = {
        "word": fold(word.text),
        "start": seconds(word.start),
        "end": seconds(word.end),
        "probability": None if word.confidence is None else round(word.confidence, 4),
    }
    return row | ({"speaker": word.speaker} if speakers else {})
