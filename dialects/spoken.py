"""Pieces of what was said, put together to one text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from formats.folding import fold
from pipeline.types import Conversation

# Written without spaces. Of the wide signs only Korean's are words apart.
_UNSPACED = ("CJK", "IDEOGRAPHIC", "FULLWIDTH", "HIRAGANA", "KATAKANA", "THAI", "LAO", "MYANMAR")


def said(conversation: Conversation) -> str:
    """All of it, by nobody."""
    return spoken(segment.text for segment in conversation.segments)


def spoken(pieces: Iterable[str]) -> str:
    """One line. It grows at its end alone as pieces are added."""
    text = ""
    for piece in pieces:
        text += following(text, piece)
    return text


def following(text: str, piece: str) -> str:
    """What ``piece`` adds to the text: itself, folded, with a space before it where its script has one."""
    line = fold(piece)
    apart = bool(text and line) and not (_is_unspaced(text[-1]) or _is_unspaced(line[0]))
    return f" {line}" if apart else line


def _is_unspaced(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(_UNSPACED)
