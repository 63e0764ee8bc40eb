"""GET /healthz and /readyz: for what supervises the process, and for what sends requests to it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify
from pydantic import BaseModel

from errors import NotReady
from web.context import current_service
from web.errors import error_response
from web.guard import public
from web.responses import body, refusals
from web.routes import Routes
from web.schemas.health import Alive, Ready

blueprint = Routes("health", __name__, tag="operations")


@blueprint.get("/healthz", responses={200: body(Alive), **refusals(503)})
@public
def healthz() -> Response:
    """Whether this process does what it is there for

    Whether it could succeed is for /readyz.
    """
    return _answer(Alive(), current_service().health.stopped())


@blueprint.get("/readyz", responses={200: body(Ready), **refusals(503)})
@public
def readyz() -> Response:
    """Whether a request would be taken and its work done now"""
    return _answer(Ready(), current_service().health.missing())


def _answer(fine: BaseModel, faults: Sequence[str]) -> Response:
    """Not raised: an answer to a probe is no refusal, and is neither logged nor counted as one."""
    if not faults:
        return jsonify(fine.model_dump())
    error = NotReady(" ".join(faults))
    response = error_response(503, error)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
