"""GET /status."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Queue(BaseModel):
    waiting: int = Field(ge=0)
    running: int = Field(ge=0)
    limit: int = Field(ge=0, description="MAX_QUEUE: more do not wait.")


class Status(BaseModel):
    """Whether recordings can be processed now, and by what."""

    errors: list[str] = Field(description="Why models are missing, and what to do.")
    nemo_components_loaded: bool
    status: Literal["loading", "ready", "error"] = Field(description="While it is loading, recordings are accepted.")
    models: dict[str, str] = Field(
        description="The model of each stage; empty until all of them are loaded.",
        json_schema_extra={"example": {"vad": "marblenet-v2", "asr": "whisper-base"}},
    )
    profile: str = Field(description="What MODEL_CONFIG came to.", json_schema_extra={"example": "offline"})
    readiness: dict[str, Literal["waiting", "loading", "ready", "failed"]] = Field(
        description="How far each stage of the profile is.", json_schema_extra={"example": {"vad": "ready"}}
    )
    loaded: list[str] = Field(description="Every profile in memory.", json_schema_extra={"example": ["offline"]})
    profiles: list[str] = Field(
        description="Those that a request may choose from.", json_schema_extra={"example": ["offline"]}
    )
    queue: Queue
    worker_restarts: int = Field(ge=0)
    ffmpeg: str = Field(description="Its version; empty where it is missing.", json_schema_extra={"example": "7.0.2"})
    version: str = Field(description="This service's.", json_schema_extra={"example": "0.1.0"})
