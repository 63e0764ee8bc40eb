"""/speakers: people whose voices are known, and how they are made known."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from jobs.speakers.enrolment import LONGEST_CONSENT, MOST_CLIPS
from jobs.speakers.store import KnownSpeaker
from pipeline.known import LONGEST_NAME
from web.schemas.fields import Query, Whole, optional
from web.schemas.job import LAST, MOST_LISTED, Moment

_NAMED: dict[str, Any] = {"example": "8d0e5b1c7f2a4c0f9b6d3e1a2c4f6081"}


class Print(BaseModel):
    """What a voice is like to one model; the numbers themselves stay here."""

    model: str = Field(description="Its key.", json_schema_extra={"example": "campplus@3f1c9d0b7a52"})
    seconds: float = Field(ge=0, description="Of clean speech that it was made of.")
    created_at: Moment


class Speaker(BaseModel):
    """Somebody whose voice is known."""

    id: str = Field(json_schema_extra=_NAMED)
    name: str
    consent: str = Field(description="As it was sent.")
    created_at: Moment
    voiceprints: list[Print] = Field(description="One for each clip.")

    @classmethod
    def of(cls, known: KnownSpeaker) -> Speaker:
        prints = [Print(**vars(one)) for one in known.prints]
        own = {name: getattr(known, name) for name in ("id", "name", "consent", "created_at")}
        return cls(**own, voiceprints=prints)


class SpeakerPage(BaseModel):
    """The newest first."""

    speakers: list[Speaker]
    next: int | None = Field(description="For the next page, as `before`; null on the last one.")


class SpeakerPath(BaseModel):
    id: str = Field(description="The speaker's id.", json_schema_extra=_NAMED)


class SpeakersQuery(Query):
    limit: Whole = Field(default=50, ge=1, le=MOST_LISTED, description="How many speakers a page may have.")
    before: Annotated[Whole, Field(ge=1, le=LAST)] = optional("`next` of the page before.", minimum=1, maximum=LAST)


class Clips(BaseModel):
    """Of one person's voice."""

    audio: list[bytes] = Field(
        min_length=1,
        max_length=MOST_CLIPS,
        description="One or more files, each with some seconds of this voice and no other.",
    )
    profile: str = optional("The profile whose model is to know the voice; without it, that of MODEL_CONFIG.")


class SpeakerUpload(Clips):
    """Clips of a voice, and whose it is."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="What the speaker is called in results.")
    consent: str = Field(
        min_length=1,
        max_length=LONGEST_CONSENT,
        description="What this person has agreed to, and when; kept with the voice.",
        json_schema_extra={"example": "Agreed in writing on 2026-01-31 to be named in minutes."},
    )
