"""Options into the fields of a form, and answers into shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from client.connection import Connection, unexpected

Option = str | float | bool | Sequence[str] | Mapping[str, Any] | None
T = TypeVar("T")
_DECODED = 600.0  # s: a recording is decoded before it is answered


def form(options: Mapping[str, Option]) -> dict[str, str]:
    """As text; None is not sent."""
    return {name: _text(value) for name, value in options.items() if value is not None}


def _text(value: Option) -> str:
    if isinstance(value, str):
        return value
    return ",".join(value) if isinstance(value, Sequence) else json.dumps(value)


def patient(calls: Connection) -> httpx.Timeout:
    """For a call that brings recordings."""
    return httpx.Timeout(calls.timeout, read=max(calls.timeout, _DECODED))


def read(answer: httpx.Response, shape: Callable[[Any], T]) -> T:
    """Raises ApiError for what is not of this shape."""
    return understood(answer, answer.text, shape)


def understood(answer: httpx.Response, text: str, shape: Callable[[Any], T]) -> T:
    """As :func:`read`, of a part of the answer."""
    try:
        return shape(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise unexpected(answer) from None


def pages(calls: Connection, path: str, name: str, shape: Callable[[Any], T], asked: Mapping[str, Any]) -> Iterator[T]:
    """All rows of a list that comes page by page."""
    before: int | None = 0
    while before is not None:
        answer = calls.request("GET", path, params={**asked, "before": before} if before else dict(asked))
        found, before = read(answer, lambda row: ([shape(one) for one in row[name]], row["next"]))
        yield from found
