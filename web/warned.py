"""What somebody should know about a result, in a header: not every answer has a place for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, g

HEADER = "X-Warnings"
WARNED: dict[str, Any] = {
    HEADER: {
        "description": "What you should know about this result: a JSON list of sentences, in ASCII.",
        "schema": {"type": "string"},
    },
}
LONGEST = 2000  # characters: proxies have room for few more in all headers together
_LONGEST_ONE = 400


def warn(warnings: Sequence[str]) -> None:
    """They are told in the header of this request's answer."""
    g.warned = tuple(warnings)


def register_warned(app: Flask) -> None:
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    if warnings := g.get("warned"):
        response.headers[HEADER] = written(warnings)
    return response


def written(warnings: Sequence[str]) -> str:
    """The header: as many of them as there is room for, and how many more there are."""
    told = [_short(warning) for warning in warnings]
    count = min(len(told), LONGEST // 4)  # with its quotes and what parts it from the next, each has four
    while len(made := _json(told[:count] + _more(len(told) - count))) > LONGEST:
        count -= 1
    return made


def _more(number: int) -> list[str]:
    return [f"and {number} more"] if number else []


def _short(warning: str) -> str:
    return warning if len(_json(warning)) <= _LONGEST_ONE else f"{warning[: _LONGEST_ONE // 6]}..."


def _json(value: Any) -> str:
    """Of characters that a header may have: json leaves one of ASCII's control characters as it is."""
    return json.dumps(value).replace("\x7f", "\\u007f")
