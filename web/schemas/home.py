"""GET / for programs, and the parts of the page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from web.schemas.related import AudioSpecs


class Home(BaseModel):
    """What this service is, whether it works, and what recordings it takes."""

    status: Literal["loading", "ready", "error"] = Field(description="As `GET /status` has it, which says more.")
    version: str = Field(description="This service's.", json_schema_extra={"example": "0.1.0"})
    audio: AudioSpecs
    links: dict[str, str] = Field(description="Where else to look.", json_schema_extra={"example": {"api": "/docs"}})


class PartPath(BaseModel):
    name: str = Field(json_schema_extra={"example": "page.css"})
