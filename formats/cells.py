"""Rows -> CSV and TSV. What was said must never run: spreadsheets take a cell that begins with ``=`` for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from formats.folding import fold
from formats.table import SEGMENT_COLUMNS, WORD_COLUMNS, Row, segment_rows, word_rows
from pipeline.types import Conversation

# The signs that open a formula in Excel, LibreOffice or Google Sheets, and their full-width twins, which some of them
# take for the same.
_RUNS = re.compile(r"'*[=+\-@＝＋－＠]")


def write(conversation: Conversation, *, words: bool, dialect: str) -> str:
    """Rows of words or of segments; dialect: of the module ``csv``."""
    rows = word_rows(conversation) if words else segment_rows(conversation)
    return lines(rows, WORD_COLUMNS if words else SEGMENT_COLUMNS, dialect)


def lines(rows: Iterable[Row], columns: Sequence[str], dialect: str = "excel") -> str:
    """A line of column names, then one line per row, ended by ``\\n``."""
    out = io.StringIO()
    writer = csv.writer(out, dialect, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """Text as one line, harmless (:func:`guarded`); nothing for None."""
    if isinstance(value, str):
        return guarded(fold(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def guarded(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet could run it, or where it looks like one that has it.

    So take exactly one apostrophe off what begins with apostrophes and then one of these signs, and the text is back:
    ``=1`` is written ``'=1``, ``'=1`` is written ``''=1``.
    """
    return f"'{text}" if _RUNS.match(text) else text
