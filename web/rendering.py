"""A conversation -> an answer in one of the formats."""

from __future__ import annotations

from flask import Response

from formats import BINARY, Format, report
from formats.folding import fold
from pipeline.types import Conversation

# The script of a report would not run under our policy, and none from here should: it opens from disk.
_SAVED = {report.NAME} | BINARY


def rendered(conversation: Conversation, fmt: Format, *, name: str, words: bool) -> Response:
    """name: the recording's. What a browser should not show by itself is a file to save, called like the recording."""
    response = Response(fmt.render(conversation, name=name, words=words), mimetype=fmt.MIMETYPE)
    if fmt.NAME in _SAVED:
        response.headers.set("Content-Disposition", "attachment", filename=f"{fold(name)}.{fmt.EXTENSION}")
    return response
