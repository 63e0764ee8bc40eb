"""GET /jobs/<id>/peaks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from web.schemas.fields import Query, Whole

MOST_PEAKS = 20_000


class PeaksQuery(Query):
    count: Whole = Field(default=2000, ge=1, le=MOST_PEAKS, description="Into how many bins the recording is cut.")


class Peaks(BaseModel):
    """How loud a recording is over its length, to draw it."""

    duration: float = Field(ge=0, description="Seconds.")
    channels: list[list[Annotated[float, Field(ge=0, le=1)]]] = Field(
        description="For each channel the largest absolute sample of each bin, in order; fewer than `count` in a "
        "recording of fewer samples."
    )
