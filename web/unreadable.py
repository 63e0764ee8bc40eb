"""The answer to what is no HTTP request: it never reaches the app.

gunicorn would quote the line at fault, in HTML.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from gunicorn.http import errors as unreadable

from web.headers import CAREFUL

# The first class that an error is an instance of decides.
_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (unreadable.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR),  # pyright: ignore[reportAttributeAccessIssue]
    (unreadable.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR),  # pyright: ignore[reportAttributeAccessIssue]
    (unreadable.ConfigurationProblem, HTTPStatus.INTERNAL_SERVER_ERROR),
    (unreadable.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (unreadable.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (unreadable.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (unreadable.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (unreadable.ParseException, HTTPStatus.BAD_REQUEST),
)
_MESSAGES = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "The request failed because of a fault in the server; its log has the cause.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too many, or too long.",
    HTTPStatus.NOT_IMPLEMENTED: "The body comes in an encoding that this server does not know.",
    HTTPStatus.EXPECTATION_FAILED: "The server does not do what the Expect header asks for.",
    HTTPStatus.BAD_REQUEST: "This is no request that the server can read.",
}
_CODES = {HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error"}


def status_of(error: BaseException) -> HTTPStatus:
    kinds = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_to(error: BaseException) -> bytes:
    """A whole response, after which the connection is closed."""
    status = status_of(error)
    code = _CODES.get(status, status.name.lower())
    body = json.dumps({"error": {"code": code, "message": _MESSAGES[status], "field": None}}) + "\n"
    headers = {"Content-Type": "application/json", "Content-Length": len(body), "Connection": "close", **CAREFUL}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", body]).encode("ascii")
