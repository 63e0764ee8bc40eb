"""What every request gets, whatever route answers it: an id, and a line in the log."""

from __future__ import annotations

import logging
import re
import time
import uuid

from flask import Flask, Response, g, request

from logging_setup import job_id, request_id

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
QUIET = ("/status", "/healthz", "/readyz", "/metrics")  # asked again and again
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register_traffic(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    request_id.set(given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex)
    job_id.set("-")  # the thread may have served another request before
    g.began = time.monotonic()


def _end(response: Response) -> Response:
    response.headers[HEADER] = request_id.get()
    level = logging.DEBUG if route() in QUIET else logging.INFO
    seconds = time.monotonic() - g.began
    log.log(level, "%s %s -> %d in %.3f s", known_method(), route(), response.status_code, seconds)
    return response


def route() -> str:
    """The rule that this request came by, not its address: what a client wrote belongs in no log."""
    return request.url_rule.rule if request.url_rule else "(no route)"


def known_method() -> str:
    """Clients may make up methods, too."""
    return request.method if request.method in METHODS else "(other)"
