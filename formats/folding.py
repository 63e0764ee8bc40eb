"""The one rule by which spoken text becomes a line: no format invents its own."""

from __future__ import annotations

import unicodedata

_DROPPED = {"Cc", "Cs"}  # control characters and lone surrogates: no text file carries them safely


def fold(text: str) -> str:
    """``text`` as one line: every run of white space becomes a space, the ends are trimmed, controls are dropped.

    White space is Unicode's, line and paragraph separators included, so that no reader finds a line break in it.
    Marks that shape writing (direction marks, joiners inside emoji) stay.
    """
    line = " ".join(text.split())
    kept = "".join(char for char in line if unicodedata.category(char) not in _DROPPED)
    return " ".join(kept.split())


def field(text: str) -> str:
    """``text`` as one field of a file whose columns are separated by white space; never empty, and never the ``;;`` by
    which NIST's files open a comment."""
    column = fold(text).replace(" ", "_") or "unnamed"
    return f"_{column[1:]}" if column.startswith(";;") else column
