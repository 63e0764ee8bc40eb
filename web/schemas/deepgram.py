"""Deepgram's POST /v1/listen: what it takes, and what it answers. Times are seconds."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialects.deepgram import PAUSE
from dialects.languages import PATTERN
from web.schemas.conversation import Seconds, Share
from web.schemas.fields import Query, Truth, optional

Number = Annotated[int, Field(ge=0, description="Of the speaker, by first appearance. With diarize only.")]
_MULTI = PATTERN.replace("^(", "^(multi|", 1)


def _several(description: str, **schema: Any) -> Any:
    return Field(default=[], description=description, json_schema_extra=schema)


class ListenQuery(Query):
    """What has an effect. What is not here is refused, or named in `X-Ignored-Parameters`."""

    model: str = optional("A profile of this service; the name of any other model is ignored.", example="nova-3")
    language: str = optional(
        "What is spoken, with or without a region; without it, or with `multi`, it is found.",
        pattern=_MULTI,
        example="en-US",
    )
    detect_language: list[str] = _several("`true`: name the language in the answer.", example=["true"])
    diarize: Truth = Field(default=False, description="Who says each word.")
    diarize_model: str = optional("Given, it is as diarize=true.", example="latest")
    multichannel: Truth = Field(default=False, description="Each channel is one speaker, and has its own results.")
    punctuate: Truth = Field(default=False, description="Punctuation and capitals.")
    smart_format: Truth = Field(default=False, description="Punctuation and paragraphs.")
    paragraphs: Truth = Field(default=False, description="Paragraphs, with punctuation.")
    utterances: Truth = Field(default=False, description="What is said without a pause.")
    utt_split: float = Field(
        default=PAUSE, ge=0, le=3600, allow_inf_nan=False, description="The pause that parts utterances, in seconds."
    )
    keyterm: list[str] = _several("Phrases to prefer among what sounds alike.")
    keywords: list[str] = _several("The same; a weight has no effect, but for one that is not above 0.")
    tag: list[str] = _several("Comes back in the answer.")
    extra: list[str] = _several("`key:value`; comes back in the answer.", example=["case:7"])


class ListenWord(BaseModel):
    word: str = Field(description="Without punctuation and capitals.")
    start: Seconds
    end: Seconds
    confidence: Share = Field(description="0 where it is not known.")
    punctuated_word: str | None = Field(default=None, description="With punctuation only.")
    speaker: Number | None = None
    speaker_confidence: Share | None = Field(default=None, description="0 where it is not known.")


class ListenSentence(BaseModel):
    text: str
    start: Seconds
    end: Seconds


class ListenParagraph(BaseModel):
    sentences: list[ListenSentence]
    speaker: Number | None = None
    num_words: int
    start: Seconds
    end: Seconds


class ListenParagraphs(BaseModel):
    transcript: str
    paragraphs: list[ListenParagraph]


class ListenAlternative(BaseModel):
    transcript: str
    confidence: Share
    words: list[ListenWord]
    paragraphs: ListenParagraphs | None = None


class ListenChannel(BaseModel):
    alternatives: list[ListenAlternative] = Field(min_length=1, max_length=1)
    detected_language: str | None = Field(default=None, description="With detect_language only.")


class ListenUtterance(BaseModel):
    id: str
    start: Seconds
    end: Seconds
    confidence: Share
    channel: int = Field(ge=0)
    transcript: str
    words: list[ListenWord]
    speaker: Number | None = None


class ListenResults(BaseModel):
    channels: list[ListenChannel] = Field(description="One, or with multichannel one for each.")
    utterances: list[ListenUtterance] | None = None


class ListenModel(BaseModel):
    name: str
    version: str
    arch: str = Field(description="What it is for.")


class ListenMetadata(BaseModel):
    transaction_key: str
    request_id: str = Field(description="By which the server's log has it.")
    sha256: str = Field(description="Of the recording as it was sent.")
    created: str = Field(json_schema_extra={"format": "date-time"})
    duration: float = Field(ge=0, description="Seconds of audio.")
    channels: int
    models: list[str]
    model_info: dict[str, ListenModel]
    tags: list[str] | None = None
    extra: dict[str, str] | None = None


class Listened(BaseModel):
    """What was said, as Deepgram writes it."""

    metadata: ListenMetadata
    results: ListenResults
    warnings: list[str] = Field(description="What you should know about this result.")


class DeepgramError(BaseModel):
    """Every refusal and every fault of /v1/listen."""

    err_code: str = Field(json_schema_extra={"example": "Bad Request"})
    err_msg: str
    request_id: str = Field(description="By which the server's log has it.")
