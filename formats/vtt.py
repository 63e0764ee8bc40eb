"""WebVTT (W3C): cues with a voice tag, ``<v SPEAKER_00>``, so that players can colour and filter by speaker.

``&``, ``<`` and ``>`` are written as character references, which also takes the cue arrow out of the text.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from formats.cues import Cue, clock, cues
from pipeline.types import Conversation

NAME = "vtt"
MIMETYPE = "text/vtt"
EXTENSION = "vtt"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """Always with its header: an empty conversation is a valid file of no cues."""
    return write(cues(conversation))


def write(found: Iterable[Cue]) -> str:
    """A file of these cues; one without a speaker has no voice tag."""
    return "WEBVTT\n\n" + "".join(_block(cue) for cue in found)


def _block(cue: Cue) -> str:
    text = html.escape("\n".join(cue.lines), quote=False)
    voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
    return f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{voice}{text}\n\n"
