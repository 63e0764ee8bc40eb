"""CSV (RFC 4180, UTF-8): a row per segment, or per word, for spreadsheets and data frames.

It begins with a byte order mark, without which Excel would show ``Ã¼`` for ``ü``. Texts are one line each, and those
that a spreadsheet could take for a formula have an apostrophe before them (``formats/cells.py``).
"""

from __future__ import annotations

from formats.cells import write
from pipeline.types import Conversation

NAME = "csv"
MIMETYPE = "text/csv"
EXTENSION = "csv"


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """Columns as in ``formats/table.py``; ``words`` gives a row per word."""
    return "\ufeff" + write(conversation, words=words, dialect="excel")
