"""Webhooks: how a job's is delivered, and what is sent."""

from __future__ import annotations

from pydantic import BaseModel, Field

from jobs.webhooks.outbox import Delivery


class Attempt(BaseModel):
    """One call. It has the status of the answer, or else an error."""

    at: float = Field(description="Seconds since 1970.")
    seconds: float = Field(ge=0)
    status: int | None
    error: str | None = Field(json_schema_extra={"example": "connection_refused"})


class Webhook(BaseModel):
    url: str
    state: Delivery
    attempts: list[Attempt]
