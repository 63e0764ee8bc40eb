"""GET /healthz and /readyz: for what supervises the process, and for what sends requests to it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, jsonify

from errors import NotReady
from web.context import current_service
from web.errors import error_response
from web.guard import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Whether this process does what it is there for; whether it could succeed is for /readyz."""
    return _answer("alive", current_service().health.stopped())


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    return _answer("ready", current_service().health.missing())


def _answer(word: str, faults: Sequence[str]) -> Response:
    """Not raised: an answer to a probe is no refusal, and is neither logged nor counted as one."""
    if not faults:
        return jsonify(status=word)
    error = NotReady(" ".join(faults))
    response = error_response(503, error)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
