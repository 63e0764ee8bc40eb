"""POST /diarize and POST /jobs. web/options.py reads these fields: a form is only read once there is room for it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

import formats
from pipeline.languages import LANGUAGES
from pipeline.types import MAX_KEYTERM, MAX_KEYTERMS, MAX_SPEAKERS, ChannelMode, DiarizerName
from web.schemas.fields import optional

MOST_METADATA = 16 * 1024  # bytes
LONGEST_KEY = 255
_SIGNS = r"!-~\u00a1-\u00ac\u00ae-\u00ff"  # what a header can hold and str.isprintable() takes, without the space


def count(description: str) -> Any:
    """A number of speakers."""
    return optional(description, minimum=1, maximum=MAX_SPEAKERS)


class SpeakerCounts(BaseModel):
    """In the form or in the query string."""

    num_speakers: int = count("Exactly so many people speak.")
    min_speakers: int = count("At least so many; not more than max_speakers.")
    max_speakers: int = count("At most so many.")


class Options(SpeakerCounts):
    """In the form or in the query string."""

    language: str = optional("What is spoken; without it, it is found where the models can.", enum=[*LANGUAGES])
    channels: ChannelMode = optional("`per_channel`: every channel has one speaker; no counts and no diarizer then.")
    diarizer: DiarizerName = optional("Who tells voices apart; the profile must hold it.")
    keyterms: str = optional(
        f"Up to {MAX_KEYTERMS} phrases of {MAX_KEYTERM} characters, apart by commas, to prefer.",
        example="diarization, NeMo",
    )
    profile: str = optional("The name of a profile that this service offers; without it, that of MODEL_CONFIG.")
    identify: bool = optional("Speakers whose voices are known (`POST /speakers`) get their names.")
    words: bool = optional("Words in JSON, tables and TextGrids.")
    format: str = optional("Of the result; without it, `Accept` decides, else JSON.", enum=[*formats.FORMATS])


class Upload(Options):
    """A recording, and what is asked for. An empty field counts as not given, an unknown one is named in warnings."""

    audio: bytes = Field(description="Any container and codec that ffmpeg reads, video included.")


class JobOptions(Options):
    """In the form or in the query string."""

    metadata: dict[str, Any] = optional(
        f"A JSON object of at most {MOST_METADATA} bytes, which comes back with the job.", example={"case": 7}
    )
    webhook_url: str = optional(
        "Is called when the job ends; http or https, to a public address or one in WEBHOOK_ALLOW.",
        format="uri",
        example="https://example.com/hook",
    )


class JobUpload(JobOptions, Upload):
    """A recording, what is asked for, and the caller's own."""


class JobHeaders(BaseModel):
    key: str = optional(
        "The same request under the same key is the same job, however often it is sent.",
        alias="Idempotency-Key",
        pattern=rf"^[{_SIGNS}]([ {_SIGNS}]*[{_SIGNS}])?$",
        maxLength=LONGEST_KEY,
    )


class DiarizeHeaders(BaseModel):
    prefer: str = optional(
        "`respond-async`: the job at once. `wait=SECONDS`: the job, unless the result is there by then.",
        alias="Prefer",
        example="respond-async, wait=30",
    )
