"""The routes of systems that this one replaces."""

from __future__ import annotations

from pydantic import BaseModel, Field

from web.schemas.upload import Options


class RelatedUpload(Options):
    """A recording, and options as everywhere here."""

    audio: bytes = Field(description="Or as `file`. Any container and codec that ffmpeg reads, video included.")


class FileUpload(Options):
    """A recording, and options as everywhere here."""

    file: bytes = Field(description="Any container and codec that ffmpeg reads, video included.")


class Transcryption(BaseModel):
    """What was said, under the name that clients know."""

    transcryption: str
    warnings: list[str] | None = Field(default=None, description="What you should know about this result, if anything.")


class Taken(BaseModel):
    containers: list[str] = Field(description="By ffmpeg's names; of each, whatever codec it can decode.")
    max_channels: int
    min_seconds: float
    max_seconds: float
    max_upload_bytes: int


class AudioSpecs(BaseModel):
    """What recordings become before they are listened to, and what they may be."""

    sample_rate: int = Field(description="Hz.")
    channels: int
    sample_width: int = Field(description="Bytes of a sample.")
    encoding: str = Field(json_schema_extra={"example": "pcm_s16le"})
    format: str = Field(json_schema_extra={"example": "wav"})
    accepted: Taken
