"""GET /status: whether recordings can be processed now, and by what."""

from __future__ import annotations

import tomllib

from flask import Blueprint, Response, jsonify

from executors.base import ExecutorState
from settings import ROOT
from web.context import current_service, current_settings
from web.guard import public

blueprint = Blueprint("status", __name__)
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@blueprint.get("/status")
@public
def status() -> Response:
    service, settings = current_service(), current_settings()
    state = service.state()
    response = jsonify(
        errors=list(state.errors),
        nemo_components_loaded=bool(state.models),
        status=_word(state),
        models=state.models,
        profile=state.profile or settings.profile_name,
        readiness=state.readiness,
        loaded=list(state.loaded),
        queue={"waiting": state.queued, "running": state.running, "limit": settings.max_queue},
        worker_restarts=state.restarts,
        ffmpeg=service.ffmpeg,
        version=VERSION,
    )
    response.status_code = 200 if state.ready else 503
    return response


def _word(state: ExecutorState) -> str:
    if state.ready:
        return "ready"
    return "error" if state.errors else "loading"
