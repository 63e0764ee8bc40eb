"""/v1: OpenAI's API, as far as it is about what was said in a recording."""

from __future__ import annotations

from flask import Response, jsonify

from errors import UnknownModel
from web.context import current_service
from web.dialects.known import OPENAI
from web.responses import body, refusals
from web.routes import Routes
from web.schemas.openai import OpenAIModel, OpenAIModelPath, OpenAIModels

blueprint = Routes("openai", __name__, url_prefix="/v1", tag="OpenAI", dialect=OPENAI)
# What clients ask for there; here each is the profile of MODEL_CONFIG.
MODELS = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
)


@blueprint.get("/models", responses={200: body(OpenAIModels), **refusals(dialect=OPENAI)})
def models() -> Response:
    """What may be asked for as `model`"""
    return jsonify(OpenAIModels(data=[OpenAIModel(id=name) for name in _names()]).model_dump())


@blueprint.get("/models/<model>", responses={200: body(OpenAIModel), **refusals(404, dialect=OPENAI)})
def model(path: OpenAIModelPath) -> Response:
    """One of them"""
    if path.model not in _names():
        raise UnknownModel("There is no such model; GET /v1/models lists those that are.", field="model")
    return jsonify(OpenAIModel(id=path.model).model_dump())


def _names() -> tuple[str, ...]:
    """OpenAI's, and the profiles that this service offers."""
    return *MODELS, *(name for name in current_service().profiles if name != "auto")
