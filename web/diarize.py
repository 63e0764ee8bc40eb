"""POST /diarize: a recording in, the conversation out; or the job, for those who do not wait for it."""

from __future__ import annotations

import time
from typing import cast

from flask import Response
from flask import request as flask_request
from werkzeug.datastructures import CombinedMultiDict

from web.bodies import takes_upload
from web.callers import current_caller
from web.context import current_service, current_settings
from web.jobs import ACCEPTED, accepted, create
from web.options import read_asked
from web.prefer import read_preference
from web.rendering import rendered
from web.responses import conversation as in_any_format
from web.responses import refusals
from web.routes import Routes, unread
from web.schemas.upload import DiarizeHeaders, Options, Upload
from web.upload import UploadRequest, received_audio, recording_name, stored_path
from web.waiting import submit

blueprint = Routes("diarize", __name__, tag="recordings")

_APPLIED = {"description": "What of `Prefer` led to this.", "schema": {"type": "string"}}
_HEADERS = ACCEPTED["headers"] | {"Preference-Applied": _APPLIED}


@blueprint.post(
    "/diarize",
    responses={200: in_any_format(), 202: ACCEPTED | {"headers": _HEADERS}, **refusals(400, 409, 415, 422, 503)},
    openapi_extensions=unread(query=Options, form=Upload, header=DiarizeHeaders),
)
@takes_upload
def diarize() -> Response:
    """A recording in, the conversation out, or its job where that takes too long"""
    preference = read_preference(flask_request.headers.get("Prefer"))
    patience = preference.patience(current_settings().sync_timeout)
    response = create() if patience == 0 else _wait(patience)
    if response.status_code == 202 and preference.applied:
        response.headers["Preference-Applied"] = preference.applied
    return response


def _wait(patience: float | None) -> Response:
    """The result, or after ``patience`` s the job, which then goes on like any other."""
    request, service = cast(UploadRequest, flask_request), current_service()
    service.check_open(current_caller().id)
    audio = received_audio(request)
    until = None if patience is None else time.monotonic() + patience
    asked = read_asked(CombinedMultiDict([request.args, request.form]), request.headers.get("Accept"))
    name = recording_name(audio.filename)
    work = submit(stored_path(audio), name, asked.options, asked.warnings)
    if not work.ends_by(until) and (record := service.let_go(work.id)):
        return accepted(record)
    return rendered(work.outcome.result(), asked.format, name=name, words=asked.words)
