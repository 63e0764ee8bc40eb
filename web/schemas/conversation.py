"""Who said what, when: what formats/json.py and formats/seglst.py write."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from pipeline.known import Reason

Seconds = Annotated[float, Field(ge=0, description="Seconds from the start of the recording.")]
Score = Annotated[float, Field(description="How like a known voice: about 1 for one person, about 0 for two.")]
Share = Annotated[float, Field(ge=0, le=1)]
Speaker = Annotated[str, Field(json_schema_extra={"example": "SPEAKER_00"})]


class Turn(BaseModel):
    """One speaker is heard. Turns of different speakers may overlap."""

    speaker: Speaker
    start_time: Seconds
    end_time: Seconds


class Word(BaseModel):
    text: str
    start_time: Seconds
    end_time: Seconds
    speaker: Speaker | None
    confidence: Share | None = Field(description="Of the text.")
    speaker_confidence: Share | None
    overlap: bool = Field(description="Somebody else speaks too.")
    interpolated: bool = Field(description="The time is a guess.")


class Segment(BaseModel):
    """What one speaker said in one go."""

    speaker: Speaker
    start_time: Seconds
    end_time: Seconds
    text: str = Field(json_schema_extra={"example": "Shall we begin?"})
    words: list[Word] | None = Field(default=None, description="With words=true only.")


class Candidate(BaseModel):
    name: str
    score: Score


class Identity(BaseModel):
    """Who of the known voices a speaker is."""

    speaker: Speaker
    name: str | None = Field(description="Null: nobody who is known, or not surely.")
    score: Score | None = Field(description="Of the best known voice; null where nothing was compared.")
    runner_up: Candidate | None = Field(description="The second of the known voices.")
    seconds: float = Field(ge=0, description="Of the speaker's speech, heard alone, that was compared.")
    reason: Reason | None = Field(description="Why there is no name; null where there is one.")


class Conversation(BaseModel):
    """Who said what, when."""

    conversation: list[Segment] = Field(description="The segments in order.")
    language: str | None = Field(description="Its code, where it is known.", json_schema_extra={"example": "en"})
    duration: float = Field(ge=0, description="Seconds of audio.")
    speakers: list[Speaker] = Field(description="By first appearance.")
    turns: list[Turn] = Field(description="Who is heard when, whatever was understood.")
    models: dict[str, str] = Field(description="The model of each stage.")
    timings: dict[str, float] = Field(description="The seconds of each stage.")
    warnings: list[str] = Field(description="What you should know about this result.")
    identities: list[Identity] = Field(description="Where voices are known, who each speaker is.")


class SegLstSegment(BaseModel):
    session_id: str = Field(description="The recording's name.")
    speaker: Speaker
    start_time: Seconds
    end_time: Seconds
    words: str


class SegLst(RootModel[list[SegLstSegment]]):
    """Segments as meeteval and the CHiME challenges exchange them."""
