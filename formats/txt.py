"""TXT: one line per segment, to be read by people: ``[00:00:03] SPEAKER_00: text``."""

from __future__ import annotations

from formats.folding import fold
from pipeline.types import Conversation, Segment

NAME = "txt"
MIMETYPE = "text/plain"
EXTENSION = "txt"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """Lines in the order of the segments; times are cut to whole seconds. Empty for an empty conversation."""
    return "".join(_line(segment) + "\n" for segment in conversation.segments)


def _line(segment: Segment) -> str:
    seconds = int(segment.start)
    time = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"[{time}] {fold(segment.speaker)}: {fold(segment.text)}".rstrip()
