"""TSV (UTF-8): a row per segment, or per word, apart by tabs, for ``cut``, awk, R and data frames.

Texts are one line each and hold no tab. One with a quotation mark in it is quoted as in CSV, which data frames undo by
themselves, and one that a spreadsheet could take for a formula has an apostrophe before it (``formats/cells.py``).
"""

from __future__ import annotations

from formats.cells import write
from pipeline.types import Conversation

NAME = "tsv"
MIMETYPE = "text/tab-separated-values"
EXTENSION = "tsv"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """Columns as in ``formats/table.py``; ``words`` gives a row per word."""
    return write(conversation, words=words, dialect="excel-tab")
