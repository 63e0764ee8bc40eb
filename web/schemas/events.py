"""GET /jobs/{id}/events."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class JobEvent(BaseModel):
    """One of the stream's events, by the names of its lines."""

    event: Literal["progress", "segments", "restart", "end"]
    id: str = Field(description="To go on from, with `Last-Event-ID`.")
    data: str = Field(
        description="JSON. Of `progress`: state, stage, percent, seconds_left, queue_place; of `segments`:"
        " the `first` one's number, and `segments` as in a result; of `restart`: nothing; of `end`: the job.",
        json_schema_extra={"contentMediaType": "application/json"},
    )
