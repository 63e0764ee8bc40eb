"""STM (NIST segment time mark): one segment per line with its speaker and text. What sclite and meeteval score by.

A text that begins with ``<`` could be taken for a label, which stands there in some files: its first sign is then the
full-width twin (U+FF1C), which Unicode's NFKC folding turns back.
"""

from __future__ import annotations

from formats.cues import milliseconds
from formats.folding import field, fold
from pipeline.types import Conversation, Segment

NAME = "stm"
MIMETYPE = "text/x-stm"
EXTENSION = "stm"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``name 1 speaker start end text``, by start. White space in ``name`` and in a speaker's name becomes an
    underscore."""
    said = sorted(conversation.segments, key=lambda segment: (segment.start, segment.end))
    return "".join(_line(segment, field(name)) for segment in said)


def _line(segment: Segment, name: str) -> str:
    start, end = milliseconds(segment.start) / 1000, milliseconds(segment.end) / 1000
    text = fold(segment.text)
    text = "＜" + text[1:] if text.startswith("<") else text
    return f"{name} 1 {field(segment.speaker)} {start:.3f} {end:.3f} {text}".rstrip() + "\n"
