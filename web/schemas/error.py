"""The one shape of every error."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Fault(BaseModel):
    code: str = Field(
        description="Stable, for programs: see the statuses for those that each may have.",
        json_schema_extra={"example": "invalid_option"},
    )
    message: str = Field(
        description="A sentence for people.",
        json_schema_extra={"example": "num_speakers must be a whole number from 1 to 50."},
    )
    field: str | None = Field(
        description="The option at fault, if it is one.", json_schema_extra={"example": "num_speakers"}
    )


class Error(BaseModel):
    """Every refusal and every fault, whatever the route."""

    error: Fault
