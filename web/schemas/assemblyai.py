"""AssemblyAI's transcripts: how they are asked for, and what they hold. Times are milliseconds, but for durations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dialects.languages import PATTERN
from pipeline.types import MAX_SPEAKERS
from web.schemas.conversation import Share
from web.schemas.fields import Query, Truth, Whole, optional
from web.schemas.job import MOST_LISTED

STATUSES = ("queued", "processing", "completed", "error")
Status = Literal["queued", "processing", "completed", "error"]
MOST_CHARACTERS = 1000
_ID: dict[str, Any] = {"example": "3f2b8c1d9e7a4f60b5d2c8e1a7f49036"}
UPLOAD_URL = "^https?://[^?#]+/v2/upload/([0-9a-f]{32})$"
_UPLOAD = "http://127.0.0.1:5000/v2/upload/3f2b8c1d9e7a4f60b5d2c8e1a7f49036"


def _integer(value: Any) -> Any:
    """JSON has one kind of number: 4.0 is 4."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Speakers = Annotated[int, Field(ge=1, le=MAX_SPEAKERS, strict=True), BeforeValidator(_integer)]
Milliseconds = Annotated[int, Field(ge=0, description="From the start of the recording.")]


class Uploaded(BaseModel):
    """A recording that waits for a transcript to be asked for."""

    upload_url: str = Field(description="For `audio_url`; good for the same key only, and for a while.")


class SpeakerOptions(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")

    min_speakers_expected: Speakers | None = None
    max_speakers_expected: Speakers | None = None


class TranscriptRequest(BaseModel):
    """What has an effect; null counts as not given. What is not here is refused, or named in `X-Ignored-Parameters`."""

    model_config = ConfigDict(strict=True, extra="allow")

    audio_url: str = Field(
        description="The `upload_url` of a `POST /v2/upload`; no other address is fetched.",
        json_schema_extra={"example": _UPLOAD, "pattern": UPLOAD_URL},
    )
    speaker_labels: bool | None = Field(default=None, description="Who says what, and utterances.")
    speakers_expected: Speakers | None = Field(default=None, description="Exactly so many people speak.")
    speaker_options: SpeakerOptions | None = None
    language_code: str | None = Field(
        default=None, pattern=PATTERN, description="Without it, it is found.", json_schema_extra={"example": "en_us"}
    )
    language_detection: bool | None = Field(default=None, description="It is found whenever there is no code.")
    punctuate: bool | None = Field(default=None, description="false: no punctuation at the ends of words.")
    format_text: bool | None = Field(default=None, description="false: no capitals.")
    multichannel: bool | None = Field(default=None, description="Each channel is one speaker; no counts then.")
    dual_channel: bool | None = Field(default=None, description="The same as multichannel.")
    keyterms_prompt: list[str] | None = Field(default=None, description="Phrases to prefer among what sounds alike.")
    word_boost: list[str] | None = Field(default=None, description="The same.")
    speech_model: str | None = Field(
        default=None, description="A profile of this service; the name of any other model is ignored."
    )
    speech_models: list[str] | None = Field(default=None, description="The same; the first that there is.")
    webhook_url: str | None = Field(default=None, description="Is told of the end, as `webhook_url` of POST /jobs is.")


class _Placed(BaseModel):
    text: str
    start: Milliseconds
    end: Milliseconds
    confidence: Share = Field(description="0 where it is not known.")
    speaker: str | None = Field(description="A letter, or a name that was given; with multichannel alone the channel.")
    channel: str | None = Field(description="Its number, from 1; with multichannel only.")


class TranscriptWord(_Placed):
    pass


class TranscriptPassage(_Placed):
    """An utterance, a sentence or a paragraph."""

    words: list[TranscriptWord]


class TranscriptWarning(BaseModel):
    message: str


class TranscriptMetadata(BaseModel):
    warnings: list[TranscriptWarning]


class Transcript(BaseModel):
    """A job, as AssemblyAI writes it. What was said is null until it is completed."""

    id: str = Field(description="The job's id.", json_schema_extra=_ID)
    status: Status
    error: str | None = Field(description="Why there is no result.")
    audio_url: str
    text: str | None
    words: list[TranscriptWord] | None
    utterances: list[TranscriptPassage] | None = Field(description="With speaker_labels or multichannel.")
    confidence: Share | None
    audio_duration: int = Field(description="Seconds.")
    audio_channels: int | None = Field(description="With multichannel.")
    language_code: str | None
    language_confidence: Share | None = Field(description="Null where the language was given, or is not known.")
    language_detection: bool
    speech_model_used: str | None = Field(description="The models of all stages.")
    metadata: TranscriptMetadata
    speaker_labels: bool
    speakers_expected: int | None
    punctuate: bool
    format_text: bool
    multichannel: bool
    keyterms_prompt: list[str] | None
    word_boost: list[str] | None
    webhook_url: str | None
    webhook_status_code: int | None = Field(description="Of the last attempt.")
    webhook_auth: bool


class TranscriptPath(BaseModel):
    id: str = Field(description="The transcript's id, which is the job's.", json_schema_extra=_ID)


class TranscriptsQuery(Query):
    limit: Whole = Field(default=10, ge=1, le=MOST_LISTED, description="How many a page may have.")
    status: Status = optional("Only those.", enum=[*STATUSES])
    before_id: str = optional("Only those older than this one.", **_ID)
    after_id: str = optional("Only those newer than this one.", **_ID)
    throttled_only: Truth = Field(default=False, description="None is ever throttled.")


class PageDetails(BaseModel):
    limit: int
    result_count: int
    current_url: str
    prev_url: str | None = Field(description="Of the older ones.")
    next_url: str | None = Field(description="Of the newer ones.")


class TranscriptItem(BaseModel):
    id: str
    resource_url: str
    status: Status
    created: str
    completed: str | None
    audio_url: str
    error: str | None


class TranscriptPage(BaseModel):
    """The newest first."""

    page_details: PageDetails
    transcripts: list[TranscriptItem]


class CaptionsQuery(Query):
    chars_per_caption: Annotated[Whole, Field(ge=1, le=MOST_CHARACTERS)] = optional(
        "The most characters of a caption; a longer word stands alone.", minimum=1, maximum=MOST_CHARACTERS
    )


class SearchQuery(BaseModel):
    words: str = Field(
        description="Words and phrases of up to five, apart by commas.",
        json_schema_extra={"example": "yes,three things"},
    )


class _Parts(BaseModel):
    id: str
    confidence: Share
    audio_duration: float


class Sentences(_Parts):
    """What was said, sentence by sentence."""

    sentences: list[TranscriptPassage]


class Paragraphs(_Parts):
    """What was said, each stretch of one speaker by itself."""

    paragraphs: list[TranscriptPassage]


class Match(BaseModel):
    text: str
    count: int
    timestamps: list[tuple[Milliseconds, Milliseconds]]
    indexes: list[int] = Field(description="Of the first word of each, in `words` of the transcript.")


class Matches(BaseModel):
    """Where words are said."""

    id: str
    total_count: int
    matches: list[Match]


class AssemblyAIError(BaseModel):
    """Every refusal and every fault below /v2."""

    error: str = Field(description="A sentence for people.")
