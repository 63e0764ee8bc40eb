"""A transcript is a job: what one that is asked for is to do, and how a job looks as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from dialects.assemblyai import Wanted, transcript
from dialects.languages import code_of
from errors import InvalidOption
from jobs.record import JobRecord
from jobs.states import State
from pipeline.types import Options
from web.context import current_service
from web.dialects.parameters import idle, phrases, profile_named
from web.schemas.assemblyai import SpeakerOptions, Status, Transcript, TranscriptRequest

NAME = "assemblyai"  # of the dialect, in the job
CANCELLED = "The transcript was cancelled."
# Whoever asks for one of these would miss it in the answer, or get one that they wanted to be refused.
_REFUSED = (
    "audio_end_at",
    "audio_start_from",
    "auto_chapters",
    "auto_highlights",
    "content_safety",
    "custom_spelling",
    "entity_detection",
    "filter_profanity",
    "iab_categories",
    "language_confidence_threshold",
    "redact_pii",
    "redact_pii_audio",
    "sentiment_analysis",
    "speech_threshold",
    "speech_understanding",
    "summarization",
    "webhook_auth_header_name",
    "webhook_auth_header_value",
)
_STATUSES: dict[State, Status] = {
    State.QUEUED: "queued",
    State.RUNNING: "processing",
    State.DONE: "completed",
    State.FAILED: "error",
    State.CANCELLED: "error",
}


def options_of(asked: TranscriptRequest) -> Options:
    """Raises InvalidOption."""
    counts = asked.speaker_options or SpeakerOptions()
    return Options(
        language=_language(asked.language_code),
        num_speakers=asked.speakers_expected,
        min_speakers=counts.min_speakers_expected,
        max_speakers=counts.max_speakers_expected,
        channels="per_channel" if asked.multichannel or asked.dual_channel else "mix",
        keyterms=phrases([*(asked.keyterms_prompt or []), *(asked.word_boost or [])]),
        profile=next(filter(None, map(profile_named, _models(asked))), None),
    )


def idle_in(asked: TranscriptRequest, options: Options) -> Iterator[str]:
    """The names of what was sent and changes nothing. Raises Unsupported for what must not be missed."""
    yield from idle([name for name, value in (asked.model_extra or {}).items() if value], (), _REFUSED)
    counts = asked.speaker_options.model_extra if asked.speaker_options else None
    yield from (f"speaker_options.{name}" for name, value in (counts or {}).items() if value)
    if asked.language_detection and asked.language_code:
        yield "language_detection"
    if _models(asked) and not options.profile:
        yield "speech_model" if asked.speech_model else "speech_models"


def asked_of(asked: TranscriptRequest) -> dict[str, Any]:
    """What the job keeps, to answer in these words."""
    return {"name": NAME, "asked": asked.model_dump(include=set(TranscriptRequest.model_fields), exclude_none=True)}


def wanted_of(record: JobRecord) -> Wanted:
    """Of a job that was not asked for as a transcript, all there is."""
    asked = _asked(record)
    channels = record.request["options"]["channels"] == "per_channel"
    if asked is None:
        return Wanted(speaker_labels=True, multichannel=channels)
    names = ("speaker_labels", "punctuate", "format_text")
    return Wanted(**{name: asked[name] for name in names if name in asked}, multichannel=channels)


def status_of(record: JobRecord) -> Status:
    return _STATUSES[record.state]


def states_of(status: Status | None) -> list[State]:
    return [state for state, name in _STATUSES.items() if name == status]


def error_of(record: JobRecord) -> str | None:
    if record.error:
        return record.error["message"]
    return CANCELLED if record.state is State.CANCELLED else None


def address_of(record: JobRecord) -> str:
    """Of the recording."""
    address = (_asked(record) or {}).get("audio_url")
    return address or url_for("jobs.audio", id=record.id, _external=True)


def report(record: JobRecord) -> Transcript:
    """The job as a transcript, with what was said once it is done."""
    service, asked, wanted = current_service(), _asked(record) or {}, wanted_of(record)
    done = record.state is State.DONE
    said = transcript(service.result(record).conversation, wanted) if done else _nothing(record)
    hook = service.webhooks.logs([record.id]).get(record.id, {"url": None, "attempts": []})
    return Transcript(
        id=record.id,
        status=status_of(record),
        error=error_of(record),
        audio_url=address_of(record),
        language_detection="language_code" not in asked,
        **vars(wanted),
        speakers_expected=asked.get("speakers_expected"),
        keyterms_prompt=asked.get("keyterms_prompt"),
        word_boost=asked.get("word_boost"),
        webhook_url=hook["url"],
        webhook_status_code=hook["attempts"][-1]["status"] if hook["attempts"] else None,
        webhook_auth=False,
        **said,
    )


def _nothing(record: JobRecord) -> dict[str, Any]:
    names = ("text", "words", "utterances", "confidence", "audio_channels", "language_confidence", "speech_model_used")
    warnings = [{"message": warning} for warning in record.warnings]
    known = {"audio_duration": round(record.seconds), "language_code": record.request["options"]["language"]}
    return dict.fromkeys(names) | known | {"metadata": {"warnings": warnings}}


def _asked(record: JobRecord) -> dict[str, Any] | None:
    return record.dialect.get("asked") if record.dialect.get("name") == NAME else None


def _models(asked: TranscriptRequest) -> list[str]:
    return [name for name in (asked.speech_model, *(asked.speech_models or [])) if name]


def _language(tag: str | None) -> str | None:
    if tag is None:
        return None
    if (code := code_of(tag)) is None:
        raise InvalidOption("language_code must be one that this server knows.", field="language_code")
    return code
