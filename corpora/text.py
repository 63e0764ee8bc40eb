"""What is said in a clip, as files of one line a clip can hold it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pipeline.languages import joined
from pipeline.types import Word

SEPARATOR = "|"
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # control signs, halves of signs, separators of lines
_MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        "\u00ad": None,
    }
)


def text_of(words: Sequence[Word], language: str | None) -> str:
    """As it was recognised, on one line and without "|"."""
    return one_line(joined((word.text for word in words), language))


def one_line(text: str) -> str:
    """Characters that show nothing, line breaks of any kind and "|" become one space."""
    shown = (" " if sign == SEPARATOR or unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    return " ".join("".join(shown).split())


def normalised(text: str) -> str:
    """One form for each sign: NFKC (ligatures and wide forms become plain letters), and ASCII for quotation marks,
    dashes and dots. Case, punctuation and numbers stay: how a number was said cannot be told from its digits."""
    return one_line(unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS))
