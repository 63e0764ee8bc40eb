"""POST /diarize: a recording in, the conversation out."""

from __future__ import annotations

import socket
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import cast

from flask import Blueprint, Response
from flask import request as flask_request
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import ClientDisconnected

from pipeline.types import Conversation
from web.callers import current_caller
from web.context import current_service
from web.options import read_asked
from web.upload import UploadRequest, received_audio, recording_name, stored_path

blueprint = Blueprint("diarize", __name__)
CLIENT_CHECK = 1.0  # seconds between two looks at whether the client still waits


@blueprint.post("/diarize")
def diarize() -> Response:
    request, service = cast(UploadRequest, flask_request), current_service()
    service.check_open()
    audio = received_audio(request)
    asked = read_asked(CombinedMultiDict([request.args, request.form]), request.headers.get("Accept"))
    name = recording_name(audio.filename)
    owner = current_caller().id
    job = service.submit(stored_path(audio), asked.options, name, folder=request.take_folder(), owner=owner)
    conversation = _wait_for(job, request.environ.get("gunicorn.socket"))
    conversation = replace(conversation, warnings=(*conversation.warnings, *asked.warnings))
    text = asked.format.render(conversation, name=name, words=asked.words)
    return Response(text, mimetype=asked.format.MIMETYPE)


def _wait_for(job: Future[Conversation], client: socket.socket | None) -> Conversation:
    """The job's result. A job whose client has gone away is taken back if it has not begun."""
    while not wait([job], timeout=CLIENT_CHECK).done:
        if client and _has_gone(client):
            job.cancel()
            raise ClientDisconnected
    return job.result()


def _has_gone(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
