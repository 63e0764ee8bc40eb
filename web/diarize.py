"""POST /diarize: a recording in, the conversation out; or the job, for those who do not wait for it."""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future, wait
from typing import Any, cast

from flask import Response
from flask import request as flask_request
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import ClientDisconnected

from web.bodies import takes_upload
from web.callers import current_caller
from web.client import has_gone
from web.context import current_service, current_settings
from web.jobs import ACCEPTED, accepted, create
from web.options import read_asked
from web.prefer import read_preference
from web.responses import conversation as in_any_format
from web.responses import refusals
from web.routes import Routes, unread
from web.schemas.upload import DiarizeHeaders, Options, Upload
from web.upload import UploadRequest, received_audio, recording_name, stored_path

blueprint = Routes("diarize", __name__, tag="recordings")
CLIENT_CHECK = 1.0  # seconds between two looks at whether the client still waits

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
    request, service, owner = cast(UploadRequest, flask_request), current_service(), current_caller().id
    service.check_open(owner)
    audio = received_audio(request)
    until = None if patience is None else time.monotonic() + patience
    asked = read_asked(CombinedMultiDict([request.args, request.form]), request.headers.get("Accept"))
    name, upload, folder = recording_name(audio.filename), stored_path(audio), request.take_folder()
    folder = folder or service.open_folder()
    job = service.submit(upload, asked.options, name, folder=folder, owner=owner, warnings=asked.warnings)
    if not _ends_by(until, job, request.environ.get("gunicorn.socket")) and (record := service.let_go(folder.id)):
        return accepted(record)
    text = asked.format.render(job.result(), name=name, words=asked.words)
    return Response(text, mimetype=asked.format.MIMETYPE)


def _ends_by(until: float | None, job: Future[Any], client: socket.socket | None) -> bool:
    """Whether the job ends in time. A job whose client has gone away is taken back."""
    while not job.done():
        left = CLIENT_CHECK if until is None else min(CLIENT_CHECK, until - time.monotonic())
        if left <= 0:
            return False
        if not wait([job], timeout=left).done and has_gone(client):
            job.cancel()
            raise ClientDisconnected
    return True
