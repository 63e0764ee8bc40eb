"""/audio_specs, /transcribe and /upload/: routes of systems that this one replaces. Errors are ours."""

from __future__ import annotations

from typing import cast

from flask import Response, jsonify, request
from werkzeug.datastructures import CombinedMultiDict

import formats
from audio_probe import DEMUXERS, MAX_CHANNELS
from audio_utils import MIN_SECONDS
from dialects.spoken import said
from pipeline.types import SAMPLE_RATE, Conversation
from web.bodies import takes_upload_as
from web.callers import current_caller
from web.context import current_service, current_settings
from web.ignored import IGNORED, ignore
from web.options import FIELDS, read_asked
from web.responses import body, refusals
from web.routes import Routes, unread
from web.schemas.related import AudioSpecs, FileUpload, RelatedUpload, Taken, Transcryption
from web.schemas.upload import Options
from web.upload import UploadRequest, received_audio, recording_name, stored_path
from web.waiting import submit
from web.warned import WARNED

blueprint = Routes("related", __name__, tag="related systems")
_WRITTEN = ("format", "words")  # how an answer is written, which is decided here
_TEXT = {
    "description": "What was said.",
    "content": {formats.txt.MIMETYPE: {"schema": {"type": "string"}}},
    "headers": IGNORED | WARNED,
}


@blueprint.get("/audio_specs", responses={200: body(AudioSpecs), **refusals()}, strict_slashes=False)
def audio_specs() -> Response:
    """What recordings may be, and what they become"""
    return jsonify(specs().model_dump())


def specs() -> AudioSpecs:
    settings = current_settings()
    taken = Taken(
        containers=[*DEMUXERS.split(",")],
        max_channels=MAX_CHANNELS,
        min_seconds=MIN_SECONDS,
        max_seconds=settings.max_audio_minutes * 60,
        max_upload_bytes=settings.max_upload_mb * 2**20,
    )
    return AudioSpecs(
        sample_rate=SAMPLE_RATE, channels=1, sample_width=2, encoding="pcm_s16le", format="wav", accepted=taken
    )


@blueprint.post(
    "/transcribe",
    responses={200: _TEXT, **refusals(400, 409, 415, 422, 503)},
    openapi_extensions=unread(query=Options, form=RelatedUpload),
    strict_slashes=False,
)
@takes_upload_as("audio", "file")
def transcribe() -> Response:
    """A recording in, its text out"""
    return Response(f"{said(_heard())}\n", mimetype=formats.txt.MIMETYPE)


@blueprint.post(
    "/upload/",
    responses={200: body(Transcryption, headers=IGNORED | WARNED), **refusals(400, 409, 415, 422, 503)},
    openapi_extensions=unread(query=Options, form=FileUpload),
    strict_slashes=False,
)
@takes_upload_as("file", "audio")
def upload() -> Response:
    """A recording in, its text out, as JSON"""
    conversation = _heard()
    made = Transcryption(transcryption=said(conversation), warnings=list(conversation.warnings) or None)
    return jsonify(made.model_dump(exclude_none=True))


def _heard() -> Conversation:
    received = cast(UploadRequest, request)
    current_service().check_open(current_caller().id)
    audio = received_audio(received)
    fields = CombinedMultiDict([received.args, received.form])
    asked = read_asked(fields, None)
    ignore(sorted({name or "" for name in fields} - {*FIELDS} | ({*fields} & {*_WRITTEN})))
    return submit(stored_path(audio), recording_name(audio.filename), asked.options, asked.warnings).result()
