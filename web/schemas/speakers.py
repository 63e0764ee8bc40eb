"""Who is who in a finished job, put right."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.known import LONGEST_NAME
from web.schemas.fields import optional

MOST_CHANGES = 100
AS_MADE = "0"  # the ETag of a conversation that nobody has changed


def _integer(value: Any) -> Any:
    """JSON has one kind of number: 4.0 is 4."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Index = Annotated[int, Field(ge=0, lt=2**31, strict=True), BeforeValidator(_integer)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rename(_Strict):
    edit: Literal["rename"]
    speaker: str
    name: Name


class Merge(_Strict):
    edit: Literal["merge"]
    speaker: str
    into: str


class Reassign(_Strict):
    """speaker: None for somebody new; words: the first and the last, in the segment."""

    edit: Literal["reassign"]
    segment: Index
    speaker: str | None = None
    words: tuple[Index, Index] | None = None


class Changes(_Strict):
    changes: list[Annotated[Rename | Merge | Reassign, Field(discriminator="edit")]] = Field(
        min_length=1, max_length=MOST_CHANGES
    )


class IfMatch(BaseModel):
    revision: str = optional(
        "The revision that is to be changed, as its `ETag` named it; any other is left alone.",
        alias="If-Match",
        example=f'"{AS_MADE}"',
    )
