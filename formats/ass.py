"""ASS (Advanced SubStation Alpha): subtitles in the colours of their speakers, for players and Aegisub.

The format knows hundredths of a second only, so times are rounded to those. It has no escape: as in SRT, what players
would read as markup is written as full-width twins, and so is the comma in a speaker's name, because commas part the
fields. Unicode's NFKC folding turns them back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from formats.cues import Cue, cues
from formats.folding import fold
from formats.palette import Colour, colours
from pipeline.types import Conversation

NAME = "ass"
MIMETYPE = "text/x-ssa"
EXTENSION = "ass"

_HARMLESS = str.maketrans("<>{}\\", "＜＞｛｝＼")
_OUTLINE = "&H000000FF,&H00000000,&H80000000"  # black, where the text is not
_HEAD = """\
[Script Info]
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
"""
_EVENTS = """
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """A style for each speaker, ``Speaker 1`` and so on; each cue opens with its speaker's name, since colours alone do
    not reach everybody. Cues are cut as in SRT."""
    found = list(cues(conversation, named=True))
    own = colours([*map(fold, conversation.speakers), *(cue.speaker for cue in found)])
    styles = {speaker: f"Speaker {number}" for number, speaker in enumerate(own, start=1)}
    return _HEAD + "".join(_styles(styles, own)) + _EVENTS + "".join(_line(cue, styles) for cue in found)


def _styles(styles: Mapping[str, str], own: Mapping[str, Colour]) -> Iterator[str]:
    for speaker, style in styles.items():
        red, green, blue = (own[speaker].on_dark[place : place + 2] for place in (1, 3, 5))
        colour = f"&H00{blue}{green}{red}".upper()
        yield f"Style: {style},Arial,54,{colour},{_OUTLINE},0,0,0,0,100,100,0,0,1,3,1,2,60,60,50,1\n"


def _line(cue: Cue, styles: Mapping[str, str]) -> str:
    start = round(cue.start / 10)
    end = max(start + 1, round(cue.end / 10))
    text = "\\N".join(line.translate(_HARMLESS) for line in cue.lines)
    speaker = cue.speaker.translate(_HARMLESS).replace(",", "，")
    return f"Dialogue: 0,{_clock(start)},{_clock(end)},{styles[cue.speaker]},{speaker},0,0,0,,{text}\n"


def _clock(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"
