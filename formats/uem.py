"""UEM (NIST un-partitioned evaluation map): which part of the recording a scorer of speakers looks at: all of it."""

from __future__ import annotations

from formats.cues import milliseconds
from formats.folding import field
from pipeline.types import Conversation

NAME = "uem"
MIMETYPE = "text/x-uem"
EXTENSION = "uem"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``name 1 0.000 duration``; empty for a recording of no length. White space in ``name`` becomes an underscore."""
    duration = milliseconds(conversation.duration)
    return f"{field(name)} 1 0.000 {duration / 1000:.3f}\n" if duration else ""
