"""GET /jobs/<id>/plot.svg and plot.png."""

from __future__ import annotations

from pydantic import Field

from pictures.order import NARROWEST, USUAL, WIDEST, Kind, Theme
from web.schemas.fields import Query, Whole


class PictureQuery(Query):
    kind: Kind = Field(default="all", description="What is drawn; all: one above the other, on the same time.")
    width: Whole = Field(
        default=USUAL,
        ge=NARROWEST,
        le=WIDEST,
        description="Hundredths of an inch, and of PNG the pixels; letters are as large in any. 360: for a phone.",
    )
    theme: Theme = Field(default="light", description="The ground it is drawn on.")
