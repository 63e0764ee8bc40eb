"""/jobs: a recording in, an address back at once; how far it is, what came out, and away with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request, send_file, url_for
from werkzeug.datastructures import CombinedMultiDict

import formats
from errors import InvalidOption
from jobs.record import JobRecord
from jobs.shown import shown
from jobs.states import State
from web.bodies import takes_upload
from web.callers import current_caller
from web.context import current_service
from web.options import boolean, read_asked, text, whole_number
from web.upload import UploadRequest, received_audio, recording_name, stored_path

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
MOST_LISTED = 200
MOST_METADATA = 16 * 1024  # bytes
LONGEST_KEY = 255


@blueprint.post("")
@takes_upload
def create() -> Response:
    upload, service = cast(UploadRequest, request), current_service()
    service.check_open(current_caller().id)
    audio = received_audio(upload)
    fields = CombinedMultiDict([upload.args, upload.form])
    asked = read_asked(fields, upload.headers.get("Accept"), further=("metadata", "webhook_url"))
    metadata, key, webhook_url = _metadata(fields.get("metadata")), _idempotency_key(), text(fields, "webhook_url")
    record = service.accept(
        stored_path(audio),
        asked.options,
        recording_name(audio.filename),
        owner=current_caller().id,
        metadata=metadata,
        warnings=asked.warnings,
        idempotency_key=key,
        webhook_url=webhook_url,
        folder=upload.take_folder(),  # last: what is refused before leaves it to the request
    )
    return accepted(record)


@blueprint.get("")
def index() -> Response:
    """The newest first."""
    limit = whole_number(request.args, "limit", MOST_LISTED) or 50
    before = whole_number(request.args, "before", 2**53)
    records = current_service().jobs(current_caller().owner, states=_states(), before=before, limit=limit)
    following = records[-1].number if len(records) == limit else None
    return jsonify(jobs=_all_shown(records), next=following)


@blueprint.get("/<id>")
def show(id: str) -> Response:
    return jsonify(_shown(own_job(id)))


@blueprint.get("/<id>/result")
def result(id: str) -> Response:
    record = own_job(id)
    chosen = formats.negotiate(request.args.get("format") or None, request.headers.get("Accept"))
    words = boolean(request.args, "words") or False
    current = current_service().result(record)
    rendered = chosen.render(current.conversation, name=record.name, words=words)
    response = Response(rendered, mimetype=chosen.MIMETYPE)
    response.set_etag(str(current.revision))
    return response


@blueprint.get("/<id>/audio")
def audio(id: str) -> Response:
    """The normalised recording; parts of it where the client asks for a range."""
    return send_file(current_service().audio(own_job(id)), mimetype="audio/wav", conditional=True, etag=False)


@blueprint.delete("/<id>")
def remove(id: str) -> tuple[Response | str, int]:
    """A job that has ended is erased; another one is cancelled."""
    record = current_service().remove(id, current_caller().owner)
    return (jsonify(_shown(record)), 202) if record else ("", 204)


def accepted(record: JobRecord) -> Response:
    """202 with the job and its address."""
    response = jsonify(_shown(record))
    response.status_code = 202
    response.headers["Location"] = url_for("jobs.show", id=record.id)
    return response


def own_job(id: str) -> JobRecord:
    """Raises UnknownJob, for a job of another caller's too."""
    return current_service().job(id, current_caller().owner)


def _shown(record: JobRecord) -> dict[str, Any]:
    return _all_shown([record])[0]


def _all_shown(records: Sequence[JobRecord]) -> list[dict[str, Any]]:
    places = current_service().places(records)
    hooks = current_service().webhooks.logs([record.id for record in records])
    return [shown(record, places.get(record.id)) | {"webhook": hooks.get(record.id)} for record in records]


def _states() -> list[State]:
    names = [name for name in request.args.get("state", "").split(",") if name]
    try:
        return [State(name) for name in names]
    except ValueError:
        raise InvalidOption(f"state must be some of {', '.join(State)}, apart by commas.", field="state") from None


def _metadata(text: str | None) -> dict[str, Any]:
    """Raises InvalidOption for anything but a JSON object of a moderate size."""
    try:
        value = json.loads(text) if text else {}
        if isinstance(value, dict) and len(json.dumps(value, allow_nan=False)) <= MOST_METADATA:
            return value
    except (ValueError, RecursionError):
        pass
    raise InvalidOption(f"metadata must be a JSON object of at most {MOST_METADATA} bytes.", field="metadata")


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        message = f"Idempotency-Key must be 1 to {LONGEST_KEY} printable characters."
        raise InvalidOption(message, field="Idempotency-Key")
    return key
