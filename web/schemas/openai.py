"""OpenAI's models, audio and errors."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OpenAIFault(BaseModel):
    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None = Field(
        description="The parameter at fault, if it is one.", json_schema_extra={"example": "model"}
    )
    code: str = Field(json_schema_extra={"example": "model_not_found"})


class OpenAIError(BaseModel):
    """Every refusal and every fault below /v1."""

    error: OpenAIFault


class OpenAIModel(BaseModel):
    id: str = Field(json_schema_extra={"example": "whisper-1"})
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Nobody knows: 0.")
    owned_by: Literal["self-hosted"] = "self-hosted"


class OpenAIModels(BaseModel):
    """What may be asked for as `model`."""

    object: Literal["list"] = "list"
    data: list[OpenAIModel]


class OpenAIModelPath(BaseModel):
    model: str = Field(description="One of `GET /v1/models`.", json_schema_extra={"example": "whisper-1"})
