"""RTTM (NIST Rich Transcription Time Marked): who spoke when, without words. What DER scorers read."""

from __future__ import annotations

from collections.abc import Iterable

from formats.cues import milliseconds
from formats.folding import field
from pipeline.types import Conversation, Segment, Turn

NAME = "rttm"
MIMETYPE = "text/x-rttm"
EXTENSION = "rttm"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """One SPEAKER line per turn, by start; the segments stand in where there are no turns.

    Times have three decimals and a turn that they leave no length is dropped. White space in ``name`` and in a
    speaker's name becomes an underscore, because it separates the columns.
    """
    spoken: Iterable[Turn | Segment] = conversation.turns or conversation.segments
    lines = [_line(turn, field(name)) for turn in sorted(spoken, key=lambda item: (item.start, item.end))]
    return "".join(lines)


def _line(turn: Turn | Segment, name: str) -> str:
    start, end = milliseconds(turn.start), milliseconds(turn.end)
    if start == end:
        return ""
    # The duration is that of the rounded times, so that start + duration is the rounded end.
    return f"SPEAKER {name} 1 {start / 1000:.3f} {(end - start) / 1000:.3f} <NA> <NA> {field(turn.speaker)} <NA> <NA>\n"
