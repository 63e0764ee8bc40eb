"""Markdown (CommonMark): a paragraph per segment, to be read, edited and published.

Whatever Markdown, or GitHub's, would read as markup is escaped, so that the text looks as it was said: no link, no
image, no HTML comes out of it.
"""

from __future__ import annotations

import re

from formats.cues import clock, milliseconds
from formats.folding import fold
from pipeline.types import Conversation, Segment

NAME = "md"
MIMETYPE = "text/markdown"
EXTENSION = "md"

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#&|~$@^=])")
_ADDRESS = re.compile(r"((?<=\bwww)\.|:(?=//))", re.IGNORECASE)  # GitHub makes links of these without any brackets


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """A heading with ``name``, then ``**speaker** (start – end): text`` in the order of the segments; times as
    HH:MM:SS.mmm."""
    return "".join([f"# {escaped(name)}".rstrip() + "\n", *map(_paragraph, conversation.segments)])


def escaped(text: str) -> str:
    """``text`` as one line that Markdown shows as it is, within a line."""
    return _ADDRESS.sub(r"\\\1", _MARKUP.sub(r"\\\1", fold(text)))


def _paragraph(segment: Segment) -> str:
    start, end = (clock(milliseconds(time), ".") for time in (segment.start, segment.end))
    speaker = escaped(segment.speaker)
    return f"\n{f'**{speaker}** ' if speaker else ''}({start} – {end}): {escaped(segment.text)}".rstrip() + "\n"
