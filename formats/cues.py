"""Segments -> subtitle cues that can be read: at most two lines of 42 columns and 7 seconds each.

A longer segment is cut between its words, at the end of a clause where the second half of the cue has one. The limits
are the usual ones of broadcasters' subtitle guides. A single word beyond a limit is never cut, and neither is a line
of a script without spaces.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from formats.folding import fold
from formats.pieces import Piece, pieces
from pipeline.types import Conversation

COLUMNS = 42
LINES = 2
SECONDS = 7.0
_CLAUSE_ENDS = tuple(".,;:?!…。、，；：？！")


@dataclass(frozen=True)
class Size:
    """The most that a cue shows."""

    columns: int = COLUMNS
    lines: int = LINES


USUAL = Size()


@dataclass(frozen=True)
class Cue:
    """One subtitle; ``start`` < ``end`` in whole milliseconds."""

    speaker: str
    start: int
    end: int
    lines: tuple[str, ...]


def cues(conversation: Conversation, *, named: bool = False, size: Size = USUAL) -> Iterator[Cue]:
    """The cues of all segments, by start; a segment without text has none. ``named`` opens each with its speaker.

    A segment's first cue starts with the segment and its last one ends with it.
    """
    for segment in sorted(conversation.segments, key=lambda item: (item.start, item.end)):
        speaker = fold(segment.speaker)
        label = f"{speaker}: " if named else ""
        parts = list(_split(pieces(segment), label, size))
        for index, part in enumerate(parts):
            start = segment.start if index == 0 else part[0].start
            end = segment.end if index == len(parts) - 1 else max(piece.end for piece in part)
            first, lines = milliseconds(start), _wrap(label + _text(part), size.columns)
            yield Cue(speaker, first, max(first + 1, milliseconds(end)), tuple(lines))


def milliseconds(seconds: float) -> int:
    """Those that the JSON shows: multiplied first, a time halfway between two could go the other way."""
    return round(round(seconds, 3) * 1000)


def clock(ms: int, mark: str) -> str:
    """``ms`` as HH:MM:SS<mark>mmm; hours grow beyond two digits where they must."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


def _split(pieces: Sequence[Piece], label: str, size: Size) -> Iterator[list[Piece]]:
    cue: list[Piece] = []
    for piece in pieces:
        while cue and not _fits([*cue, piece], label, size):
            cut = _cut(cue)
            yield cue[:cut]
            cue = cue[cut:]
        cue.append(piece)
    if cue:
        yield cue


def _fits(cue: Sequence[Piece], label: str, size: Size) -> bool:
    text = label + _text(cue)
    long = max(piece.end for piece in cue) - cue[0].start > SECONDS
    wide = _columns(text) > size.columns * size.lines or len(_wrap(text, size.columns)) > size.lines
    return not (long or wide)


def _cut(cue: Sequence[Piece]) -> int:
    """How many pieces of a full cue to show: up to the last clause end in its second half, else all."""
    for count in range(len(cue), len(cue) // 2, -1):
        if cue[count - 1].text.rstrip().endswith(_CLAUSE_ENDS):
            return count
    return len(cue)


def _text(cue: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in cue).strip()


def _wrap(text: str, columns: int) -> list[str]:
    lines = textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    if len(lines) > 1 and lines[-1].isdecimal():
        # A last line of digits alone reads like the number of the next cue, to parsers of SRT too.
        head, _, tail = lines[-2].rpartition(" ")
        lines[-2:] = [head, f"{tail} {lines[-1]}"] if head else [f"{tail} {lines[-1]}"]
    return lines


def _columns(text: str) -> int:
    """Width of ``text``: a wide East Asian character fills two columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
