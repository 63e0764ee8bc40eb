"""What the service answers, typed, with the fields of docs/api.md. What a newer one adds is in ``raw`` alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True)
class Shape:
    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Raises TypeError or LookupError where ``row`` lacks something."""
        return cls(**{one.name: row[one.name] for one in fields(cls) if one.name in row})


@dataclass(frozen=True)
class Word(Shape):
    text: str
    start_time: float
    end_time: float
    speaker: str | None
    confidence: float | None
    speaker_confidence: float | None
    overlap: bool
    interpolated: bool


@dataclass(frozen=True)
class Turn(Shape):
    speaker: str
    start_time: float
    end_time: float


@dataclass(frozen=True)
class Segment(Shape):
    speaker: str
    start_time: float
    end_time: float
    text: str
    words: tuple[Word, ...] = ()

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return super().read({**row, "words": tuple(map(Word.read, row.get("words", ())))})


@dataclass(frozen=True)
class Conversation(Shape):
    """revision: name it in a change, which is then refused if somebody made another one; raw: the whole answer."""

    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    speakers: list[str]
    duration: float
    language: str | None
    models: dict[str, str]
    timings: dict[str, float]
    warnings: list[str]
    revision: str
    raw: dict[str, Any] = field(repr=False)
    identities: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        segments, turns = tuple(map(Segment.read, row["conversation"])), tuple(map(Turn.read, row["turns"]))
        return super().read({**row, "segments": segments, "turns": turns, "raw": row})


@dataclass(frozen=True)
class Job(Shape):
    """state: queued, running, done, failed, cancelled; error: code, message and field of a failed one's."""

    id: str
    state: str
    stage: str | None
    percent: float
    seconds_left: float | None
    queue_place: int | None
    duration: float
    metadata: dict[str, Any]
    warnings: list[str]
    error: dict[str, str | None] | None
    attempts: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    webhook: dict[str, Any] | None


@dataclass(frozen=True)
class Speaker(Shape):
    """Somebody whose voice is known; voiceprints: model, seconds and created_at of each clip."""

    id: str
    name: str
    consent: str
    created_at: float
    voiceprints: list[dict[str, Any]]


@dataclass(frozen=True)
class Progress(Shape):
    state: str
    stage: str | None
    percent: float
    seconds_left: float | None
    queue_place: int | None


@dataclass(frozen=True)
class Segments(Shape):
    """They are final; first: the number of the first of them, from 0."""

    first: int
    segments: tuple[Segment, ...]

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return super().read({**row, "segments": tuple(map(Segment.read, row["segments"]))})


@dataclass(frozen=True)
class Restart(Shape):
    """The job begins again, and the segments that came so far are void."""


@dataclass(frozen=True)
class End(Shape):
    job: Job

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(Job.read(row))


Event = Progress | Segments | Restart | End
EVENTS: dict[str, type[Event]] = {"progress": Progress, "segments": Segments, "restart": Restart, "end": End}
