"""/v1: OpenAI's API, as far as it is about what was said in a recording."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from flask import Response, jsonify, request

import formats
from dialects import openai
from dialects.openai_events import Transcript
from dialects.spoken import said
from errors import Unsupported
from jobs.folders import JobFolder
from pipeline.known import UNABLE, KnownClip
from pipeline.recogniser import NO_KEYTERMS
from pipeline.types import Conversation
from web.bodies import takes_upload_as
from web.callers import current_caller
from web.context import current_service
from web.dialects.known import OPENAI
from web.dialects.openai_fields import NAMES, REFERENCES, Asked, check_model, read_asked
from web.dialects.openai_fields import models as known_models
from web.dialects.openai_stream import stream
from web.ignored import IGNORED, ignore, ignored
from web.responses import body, reference, refusals
from web.routes import Routes, unread
from web.schemas.openai import (
    OpenAIDiarized,
    OpenAIEvent,
    OpenAIModel,
    OpenAIModelPath,
    OpenAIModels,
    OpenAITranscription,
    OpenAITranslate,
    OpenAIUpload,
    OpenAIVerbose,
)
from web.upload import UploadRequest, received_audio, recording_name, stored_path
from web.waiting import submit
from web.warned import WARNED

blueprint = Routes("openai", __name__, url_prefix="/v1", tag="OpenAI", dialect=OPENAI)
_MOST_TEXT = 32 * 1024 * 1024  # bytes of a form's fields: recordings of known speakers come as text
_MOST_PARTS = 300  # each keyword is one
_TEXT = {"schema": {"type": "string"}}
_JSON = {"schema": {"anyOf": [reference(kind) for kind in (OpenAITranscription, OpenAIVerbose, OpenAIDiarized)]}}
_STREAM = {"schema": reference(OpenAIEvent)}
_SAID: dict[str, Any] = {
    "description": "What was said, in the `response_format`; with `stream` the events that tell it.",
    "content": {"application/json": _JSON, "text/event-stream": _STREAM}
    | {formats.find(name).MIMETYPE: _TEXT for name in ("txt", "srt", "vtt")},
    "headers": IGNORED | WARNED,
}


@blueprint.get("/models", responses={200: body(OpenAIModels), **refusals(dialect=OPENAI)})
def models() -> Response:
    """What may be asked for as `model`"""
    return jsonify(OpenAIModels(data=[OpenAIModel(id=name) for name in known_models()]).model_dump())


@blueprint.get("/models/<model>", responses={200: body(OpenAIModel), **refusals(404, dialect=OPENAI)})
def model(path: OpenAIModelPath) -> Response:
    """One of them"""
    check_model(path.model)
    return jsonify(OpenAIModel(id=path.model).model_dump())


@blueprint.post(
    "/audio/transcriptions",
    responses={200: _SAID, **refusals(400, 404, 409, 415, 422, 503, dialect=OPENAI)},
    openapi_extensions=unread(form=OpenAIUpload),
)
@takes_upload_as("file")
def transcribe() -> Response:
    """A recording in, what was said out

    It waits for its result however long that takes, unless `stream` is asked for.
    """
    upload = cast(UploadRequest, request)
    current_service().check_open(current_caller().id)
    upload.max_form_memory_size, upload.max_form_parts = _MOST_TEXT, _MOST_PARTS
    audio = received_audio(upload)
    asked = read_asked(upload.form)
    known = _clips(upload, asked)
    work = submit(stored_path(audio), recording_name(audio.filename), asked.options, known=known)
    if asked.stream:
        transcript = Transcript(diarized=asked.format == "diarized_json", known=asked.names)
        return stream(work, transcript, partial(_warnings, asked, ignored()))
    return _answer(work.result(), asked)


@blueprint.post(
    "/audio/translations",
    responses={**refusals(422, dialect=OPENAI)},
    openapi_extensions=unread(form=OpenAITranslate),
)
@takes_upload_as("file")
def translate() -> Response:
    """Refused: this service writes down what was said, in the language in which it was"""
    raise Unsupported("This service does not translate; POST /v1/audio/transcriptions writes down what was said.")


def _clips(upload: UploadRequest, asked: Asked) -> list[KnownClip]:
    """Beside the recording, and gone with its folder."""
    folder = cast(JobFolder, upload.folder).path  # where the recording was received
    clips = [KnownClip(name, folder / f"reference-{number}") for number, (name, _) in enumerate(asked.voices)]
    for clip, (_, sound) in zip(clips, asked.voices, strict=True):
        clip.audio.write_bytes(sound)
    return clips


def _answer(conversation: Conversation, asked: Asked) -> Response:
    ignore(_unheeded(asked, conversation))
    match asked.format:
        case "json":
            made = openai.json(conversation)
        case "verbose_json":
            made = openai.verbose_json(conversation, asked.granularities)
        case "diarized_json":
            made = openai.diarized_json(conversation, asked.names)
        case "text":
            return Response(f"{said(conversation)}\n", mimetype=formats.txt.MIMETYPE)
        case "srt" | "vtt":
            kind = formats.srt if asked.format == "srt" else formats.vtt
            return Response(
                openai.subtitles(conversation, kind, named=asked.named, known=asked.names), mimetype=kind.MIMETYPE
            )
    warnings = _warnings(asked, ignored(), conversation)
    return jsonify(made | ({"warnings": warnings} if warnings else {}))


def _unheeded(asked: Asked, conversation: Conversation) -> list[str]:
    """What the models could do nothing with, as only the result tells."""
    warnings = conversation.warnings
    names = ["keywords"] if any(warning.startswith(NO_KEYTERMS) for warning in warnings) else []
    return names + ([NAMES, REFERENCES] if asked.voices and {*UNABLE} & {*warnings} else [])


def _warnings(asked: Asked, named: Sequence[str], conversation: Conversation) -> list[str]:
    """named: the parameters that had no effect, as far as that was known before the work began."""
    names = dict.fromkeys((*named, *_unheeded(asked, conversation)))
    return [*conversation.warnings, *(f"{name} has no effect here." for name in names)]
