"""SRT (SubRip): numbered cues, each opened by its speaker.

SubRip has no escape and no standard; players read ``<i>``, ``{\\an8}`` and ``\\N`` as markup. So those five characters
are written as their full-width twins (U+FF1C and so on), which look the same and mean nothing to a player. Unicode's
NFKC folding turns them back. So is the first colon of anything that reads like a SubRip time, because lenient parsers
take a line with two such times for the head of a cue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from formats.cues import Cue, clock, cues
from pipeline.types import Conversation

NAME = "srt"
MIMETYPE = "application/x-subrip"
EXTENSION = "srt"

_HARMLESS = str.maketrans("<>{}\\", "＜＞｛｝＼")
_TIME_COLON = re.compile(r"(?<=\d):(?=\d{1,2}:\d{1,2}[.,]\d)")


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """Empty for an empty conversation: a file of no cues is a valid one."""
    return write(cues(conversation, named=True))


def write(found: Iterable[Cue]) -> str:
    """A file of these cues."""
    return "".join(_block(number, cue) for number, cue in enumerate(found, start=1))


def _block(number: int, cue: Cue) -> str:
    text = _TIME_COLON.sub("：", "\n".join(cue.lines).translate(_HARMLESS))
    return f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{text}\n\n"
