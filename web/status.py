"""GET /status: whether recordings can be processed now, and by what."""

from __future__ import annotations

import tomllib
from typing import Literal

from flask import Response, jsonify

from executors.base import ExecutorState
from settings import ROOT
from web.context import current_service, current_settings
from web.guard import public
from web.responses import body
from web.routes import Routes
from web.schemas.status import Status

blueprint = Routes("status", __name__, tag="operations")
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@blueprint.get("/status", responses={200: body(Status), 503: body(Status, "Not now, and why.")})
@public
def status() -> Response:
    """Whether recordings can be processed now, and by what"""
    service, settings = current_service(), current_settings()
    state = service.state()
    shown = dict(
        errors=list(state.errors),
        nemo_components_loaded=bool(state.models),
        status=word_for(state),
        models=state.models,
        profile=state.profile or settings.profile_name,
        readiness=state.readiness,
        loaded=list(state.loaded),
        profiles=list(service.profiles),
        queue={"waiting": state.queued, "running": state.running, "limit": settings.max_queue},
        worker_restarts=state.restarts,
        ffmpeg=service.ffmpeg,
        version=VERSION,
    )
    response = jsonify(Status.model_validate(shown).model_dump())
    response.status_code = 200 if state.ready else 503
    return response


def word_for(state: ExecutorState) -> Literal["ready", "error", "loading"]:
    if state.ready:
        return "ready"
    return "error" if state.errors else "loading"
