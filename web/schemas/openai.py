"""OpenAI's models, audio and errors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from pipeline.languages import LANGUAGES
from web.dialects.openai_fields import MODELS, Granularity, ResponseFormat
from web.schemas.conversation import Seconds
from web.schemas.fields import optional
from web.schemas.upload import count


class OpenAIFault(BaseModel):
    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None = Field(
        description="The parameter at fault, if it is one.", json_schema_extra={"example": "model"}
    )
    code: str = Field(json_schema_extra={"example": "model_not_found"})


class OpenAIError(BaseModel):
    """Every refusal and every fault below /v1."""

    error: OpenAIFault


class OpenAIModel(BaseModel):
    id: str = Field(json_schema_extra={"example": "whisper-1"})
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Nobody knows: 0.")
    owned_by: Literal["self-hosted"] = "self-hosted"


class OpenAIModels(BaseModel):
    """What may be asked for as `model`."""

    object: Literal["list"] = "list"
    data: list[OpenAIModel]


class OpenAIModelPath(BaseModel):
    model: str = Field(description="One of `GET /v1/models`.", json_schema_extra={"example": "whisper-1"})


Language = Annotated[str, Field(json_schema_extra={"enum": [*LANGUAGES]})]


class OpenAITranslate(BaseModel):
    file: bytes
    model: str = optional("Whatever it is.")


class OpenAIUpload(BaseModel):
    """OpenAI's names, and beside them the numbers of speakers."""

    file: bytes = Field(description="Any container and codec that ffmpeg reads, video included.")
    model: str = Field(
        description="One of `GET /v1/models`. OpenAI's names all stand for the profile of MODEL_CONFIG.",
        json_schema_extra={"anyOf": [{"enum": [*MODELS]}, {"minLength": 1}], "example": "whisper-1"},
    )
    response_format: ResponseFormat = optional("json, unless something else is asked for.")
    timestamp_granularities: list[Granularity] = optional("With verbose_json.", alias="timestamp_granularities[]")
    language: str = optional("What is spoken; without it, it is found where the models can.", enum=[*LANGUAGES])
    languages: list[Language] = optional("One counts as `language`, several are ignored.", alias="languages[]")
    stream: bool = optional("Server-sent events, with json, text and diarized_json.")
    keywords: list[str] | str = optional("To prefer among what sounds alike, where the models can.", alias="keywords[]")
    chunking_strategy: str = optional("`auto`; a `server_vad` is ignored.", pattern="^(auto)?$")
    temperature: float = optional("Words are found as at 0; anything else is ignored.", minimum=0, maximum=1)
    prompt: str = optional("Ignored.")
    include: list[Literal["logprobs"]] = optional("Ignored.", alias="include[]")
    known_speaker_names: list[str] = optional(
        "With diarized_json, or subtitles that name speakers: of people, in the order of the references.",
        alias="known_speaker_names[]",
    )
    known_speaker_references: list[str] = optional(
        "Recordings of them alone, with 1.5 s of speech or more, as data URLs in base64.",
        alias="known_speaker_references[]",
    )
    num_speakers: int = count("Exactly so many people speak.")
    min_speakers: int = count("At least so many; not more than max_speakers.")
    max_speakers: int = count("At most so many.")


class OpenAIUsage(BaseModel):
    type: Literal["duration"]
    seconds: float = Field(ge=0)


class OpenAIWarned(BaseModel):
    warnings: list[str] = Field(default=[], description="What you should know about this result, if anything.")


class OpenAITranscription(OpenAIWarned):
    """json."""

    text: str
    usage: OpenAIUsage


class OpenAISegment(BaseModel):
    """tokens, temperature and no_speech_prob are there for clients that read them, and always the same."""

    id: int = Field(ge=0)
    seek: int = Field(ge=0, description="Hundredths of a second.")
    start: Seconds
    end: Seconds
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float = Field(le=0, description="The mean of its words'.")
    compression_ratio: float = Field(ge=0)
    no_speech_prob: float


class OpenAIWord(BaseModel):
    word: str
    start: Seconds
    end: Seconds


class OpenAIVerbose(OpenAIWarned):
    """verbose_json."""

    task: Literal["transcribe"]
    language: str = Field(description="Its name, or empty.", json_schema_extra={"example": "english"})
    duration: float = Field(ge=0)
    text: str
    segments: list[OpenAISegment] | None = None
    words: list[OpenAIWord] | None = None
    usage: OpenAIUsage


class OpenAIDiarizedSegment(BaseModel):
    type: Literal["transcript.text.segment"]
    id: str = Field(json_schema_extra={"example": "seg_001"})
    start: Seconds
    end: Seconds
    text: str
    speaker: str = Field(json_schema_extra={"example": "A"})


class OpenAIDiarized(OpenAIWarned):
    """diarized_json."""

    task: Literal["transcribe"]
    duration: float = Field(ge=0)
    text: str
    segments: list[OpenAIDiarizedSegment]
    usage: OpenAIUsage


class OpenAIEvent(BaseModel):
    """One of the stream's events, by the names of its lines."""

    event: Literal["transcript.text.delta", "transcript.text.segment", "transcript.text.done", "error"]
    data: str = Field(
        description="JSON: its type, and delta and segment_id; a segment of diarized_json; the whole text; an error.",
        json_schema_extra={"contentMediaType": "application/json"},
    )
