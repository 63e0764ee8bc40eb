"""STM (NIST segment time mark): one segment per line with its speaker and text. What sclite and meeteval score by.

Some texts would mean something to a scorer: ``<`` at the beginning a label, ``{ a / b }`` that either is right, ``@``
that nothing is, IGNORE_TIME_SEGMENT_IN_SCORING that the line does not count. The signs that make it so, or its first
letter, are then full-width twins, which Unicode's NFKC folding turns back.
"""

from __future__ import annotations

import re

from formats.cues import milliseconds
from formats.folding import field, fold
from pipeline.types import Conversation, Segment

NAME = "stm"
MIMETYPE = "text/x-stm"
EXTENSION = "stm"

_MARKUP = re.compile(r"^<|[{}]|(?<!\S)@(?!\S)|i(?=gnore_time_segment_in_scoring)", re.IGNORECASE | re.ASCII)
_TWIN = 0xFEE0  # from a sign of ASCII to its full-width one


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``name 1 speaker start end text``, by start. White space in ``name`` and in a speaker's name becomes an
    underscore. A segment without length has a millisecond: scorers refuse one without."""
    said = sorted(conversation.segments, key=lambda segment: (segment.start, segment.end))
    return "".join(_line(segment, field(name)) for segment in said)


def _line(segment: Segment, name: str) -> str:
    start, end = milliseconds(segment.start), milliseconds(segment.end)
    text = _MARKUP.sub(lambda found: chr(ord(found[0]) + _TWIN), fold(segment.text))
    times = f"{start / 1000:.3f} {max(end, start + 1) / 1000:.3f}"
    return f"{name} 1 {field(segment.speaker)} {times} {text}".rstrip() + "\n"
