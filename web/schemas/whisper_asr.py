"""whisper-asr-webservice: POST /asr, POST /detect-language, and its errors, which are FastAPI's."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from pipeline.languages import LANGUAGES
from web.schemas.fields import optional
from web.schemas.upload import count


class WhisperFault(BaseModel):
    type: str = Field(json_schema_extra={"example": "invalid_option"})
    loc: list[str] = Field(json_schema_extra={"example": ["query", "output"]})
    msg: str


class WhisperError(BaseModel):
    """A sentence, or what is wrong with a parameter."""

    detail: str | list[WhisperFault]


class WhisperQuery(BaseModel):
    """In the query string, or in the form."""

    output: Literal["txt", "vtt", "srt", "tsv", "json"] = optional("txt, unless something else is asked for.")
    task: Literal["transcribe", "translate"] = optional("Nothing is translated.")
    language: str = optional("What is spoken; without it, it is found where the models can.", enum=[*LANGUAGES])
    encode: bool = optional("`false`: the file is bare sound, 16 kHz, 16 bit, one channel.")
    diarize: bool = optional("Who speaks, in every output.")
    min_speakers: int = count("With diarize: at least so many; not more than max_speakers.")
    max_speakers: int = count("With diarize: at most so many.")
    word_timestamps: bool = optional("Words, in the JSON.")
    vad_filter: bool = optional("Speech is always looked for.")
    initial_prompt: str = optional("Ignored.")


class WhisperUpload(BaseModel):
    audio_file: bytes = Field(description="Any container and codec that ffmpeg reads, video included.")


class DetectQuery(BaseModel):
    """In the query string, or in the form."""

    encode: bool = optional("`false`: the file is bare sound, 16 kHz, 16 bit, one channel.")


class DetectUpload(BaseModel):
    audio_file: bytes = Field(description="Or as `file`, or as `audio`.")


class DetectedLanguage(BaseModel):
    """What is spoken."""

    detected_language: str = Field(json_schema_extra={"example": "english"})
    language_code: str = Field(json_schema_extra={"example": "en"})
    confidence: float = Field(ge=0, le=1)
