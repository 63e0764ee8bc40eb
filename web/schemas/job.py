"""/jobs: a job, pages of jobs, and how to ask for them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

import formats
from jobs.states import State
from web.schemas.error import Fault
from web.schemas.fields import Query, Truth, Whole, optional
from web.schemas.webhook import Webhook

MOST_LISTED = 200
LAST = 2**31 - 1  # the number of a job; more does not fit in its column
_STATE = "|".join(State)
_NAMED: dict[str, Any] = {"example": "3f2b8c1d9e7a4f60b5d2c8e1a7f49036"}

Moment = Annotated[float, Field(description="Seconds since 1970.", json_schema_extra={"example": 1_790_000_000.5})]


class JobReport(BaseModel):
    """How far a job is, and how it ended."""

    id: str = Field(json_schema_extra=_NAMED)
    state: State
    stage: str | None = Field(description="speech, voices, words or merge; while it runs, and where it ended.")
    percent: float = Field(ge=0, le=100, description="An estimate.")
    seconds_left: float | None = Field(ge=0, description="An estimate, while its first attempt runs.")
    queue_place: int | None = Field(ge=0, description="How many wait before it, while it waits.")
    duration: float = Field(ge=0, description="Seconds of audio.")
    metadata: dict[str, Any] = Field(description="As it was sent.", json_schema_extra={"example": {"case": 7}})
    warnings: list[str]
    error: Fault | None = Field(description="What a failed job failed with.")
    attempts: int = Field(ge=0, description="Those that count against `JOB_ATTEMPTS`, with the one under way.")
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class Job(JobReport):
    """How far it is, and how it ended."""

    webhook: Webhook | None = Field(description="Who is told of the job's end, and how that went.")


class Message(BaseModel):
    """What a `webhook_url` is sent when its job has ended."""

    type: Literal["job.done", "job.failed", "job.cancelled"]
    timestamp: str = Field(
        description="When the job ended.",
        json_schema_extra={"format": "date-time", "example": "2026-01-31T12:00:00.5+00:00"},
    )
    data: JobReport


class JobPage(BaseModel):
    """The newest first."""

    jobs: list[Job]
    next: int | None = Field(description="For the next page, as `before`; null on the last one.")


class JobPath(BaseModel):
    id: str = Field(description="The job's id.", json_schema_extra=_NAMED)


class JobsQuery(Query):
    limit: Whole = Field(default=50, ge=1, le=MOST_LISTED, description="How many jobs a page may have.")
    before: Annotated[Whole, Field(ge=1, le=LAST)] = optional("`next` of the page before.", minimum=1, maximum=LAST)
    state: str = optional(
        "Some of the states, apart by commas; without it all.",
        pattern=f"^,*(({_STATE})(,+|$))*$",
        example="queued,running",
    )

    @field_validator("state")
    @classmethod
    def _known(cls, value: str) -> str:
        if not {*value.split(",")} <= {*State, ""}:
            raise ValueError(f"must be some of {', '.join(State)}, apart by commas")
        return value

    @property
    def states(self) -> list[State]:
        return [State(name) for name in (self.state or "").split(",") if name]


class ResultQuery(Query):
    # Not an enum for pydantic: formats.find takes capitals too, and its refusal has a code of its own.
    format: str = optional("Without it, `Accept` decides, else JSON.", enum=[*formats.FORMATS])
    words: Truth = Field(default=False, description="Words in JSON, tables and TextGrids.")


class RangeHeader(BaseModel):
    range: str = optional("The bytes to send.", alias="Range", example="bytes=0-65535")


class EventsHeader(BaseModel):
    last_event_id: str = optional("The id of the last event that was heard.", alias="Last-Event-ID", example="1.0.2")
