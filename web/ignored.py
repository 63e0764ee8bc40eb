"""Parameters that a client sent and that have no effect here: each is named in a header of the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, g

from web.options import plain

HEADER = "X-Ignored-Parameters"
IGNORED: dict[str, Any] = {
    HEADER: {
        "description": "What had no effect, apart by commas; the last of very many is `and N more`.",
        "schema": {"type": "string"},
    },
}
MOST = 20  # names in one header


def ignore(names: Iterable[str]) -> None:
    """They are named in this request's answer, in this order, each once."""
    g.ignored = tuple(dict.fromkeys((*ignored(), *map(plain, names))))


def ignored() -> tuple[str, ...]:
    """All names so far, for the body of an answer that has room for warnings."""
    return g.get("ignored", ())


def register_ignored(app: Flask) -> None:
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    if names := ignored():
        more = (f"and {len(names) - MOST} more",) if len(names) > MOST else ()
        response.headers[HEADER] = ", ".join((*names[:MOST], *more))
    return response
