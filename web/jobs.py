"""/jobs: a recording in, an address back at once; how far it is, what came out, and away with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import Response, jsonify, request, send_file, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import RequestedRangeNotSatisfiable

import formats
from errors import InvalidOption, UnknownJob
from jobs.conversations import Current
from jobs.record import JobRecord
from jobs.service import Service
from jobs.shown import shown
from web.bodies import takes_upload
from web.callers import current_caller
from web.context import current_service
from web.options import read_asked, text
from web.rendering import rendered
from web.responses import body, conversation, nothing, refusals
from web.routes import Routes, unread
from web.schemas.job import Job, JobPage, JobPath, JobsQuery, RangeHeader, ResultQuery
from web.schemas.speakers import AS_MADE
from web.schemas.upload import LONGEST_KEY, MOST_METADATA, JobHeaders, JobOptions, JobUpload
from web.upload import UploadRequest, received_audio, recording_name, stored_path

blueprint = Routes("jobs", __name__, url_prefix="/jobs", tag="jobs")
_ADDRESS = {"description": "The job's.", "required": True, "schema": {"type": "string", "format": "uri-reference"}}
_LINKED = (
    "jobs_show",
    "jobs_result",
    "jobs_audio",
    "jobs_remove",
    "peaks_peaks",
    "pictures_svg",
    "pictures_png",
    "events_events",
)
_LINKED += ("speakers_recluster", "speakers_change", "speakers_undo")
_LINKS = {name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in _LINKED}
ACCEPTED = body(Job, "Accepted: it will be done.", headers={"Location": _ADDRESS}, links=_LINKS)
_ETAG = {"description": "Its revision, for `If-Match`.", "required": True, "schema": {"type": "string"}}
REVISION = conversation() | {"headers": {"ETag": _ETAG}}
_FILES = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}
_PART = {"Content-Range": {"required": True, "schema": {"type": "string", "pattern": "^bytes [0-9]+-[0-9]+/[0-9]+$"}}}
_RANGES = {"Accept-Ranges": {"required": True, "schema": {"const": "bytes"}}}


@blueprint.post(
    "",
    responses={
        202: ACCEPTED,
        **refusals(400, 415, 422, 503),
    },
    openapi_extensions=unread(query=JobOptions, form=JobUpload, header=JobHeaders),
)
@takes_upload
def create() -> Response:
    """A recording in, an address back at once"""
    upload, service = cast(UploadRequest, request), current_service()
    key = _idempotency_key()
    service.check_open(current_caller().id, key)
    audio = received_audio(upload)
    fields = CombinedMultiDict([upload.args, upload.form])
    asked = read_asked(fields, upload.headers.get("Accept"), further=("metadata", "webhook_url"))
    metadata, webhook_url = _metadata(fields.get("metadata")), text(fields, "webhook_url")
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


@blueprint.get("", responses={200: body(JobPage), **refusals(400)})
def index(query: JobsQuery) -> Response:
    """The jobs, the newest first"""
    owner = current_caller().owner
    records = current_service().jobs(owner, states=query.states, before=query.before, limit=query.limit)
    following = records[-1].number if len(records) == query.limit else None
    return jsonify(JobPage(jobs=all_shown(current_service(), records), next=following).model_dump())


@blueprint.get("/<id>", responses={200: body(Job), **refusals(404)})
def show(path: JobPath) -> Response:
    """How far the job is, or how it ended"""
    return _answer(own_job(path.id))


@blueprint.get("/<id>/result", responses={200: REVISION, **refusals(400, 404, 409, 422, 503)})
def result(path: JobPath, query: ResultQuery) -> Response:
    """The conversation, in any format

    In place of the result of a failed job, what it failed with.
    """
    record = own_job(path.id)
    return answer_in(query)(record, current_service().result(record))


@blueprint.get(
    "/<id>/audio",
    responses={
        200: {"description": "The whole recording.", "content": _FILES, "headers": _RANGES},
        206: {"description": "The range that was asked for.", "content": _FILES, "headers": _RANGES | _PART},
        **refusals(404, 416),
    },
)
def audio(path: JobPath, header: RangeHeader) -> Response:
    """The normalised recording (16 kHz WAV), or parts of it"""
    recording = current_service().audio(own_job(path.id))
    try:
        whole = send_file(recording, mimetype="audio/wav", conditional=False, etag=False)
    except FileNotFoundError:  # erased meanwhile
        raise gone() from None
    del whole.headers["Last-Modified"]  # nobody keeps it, so nobody asks whether it has changed
    try:
        whole.make_conditional(request.environ, accept_ranges=True, complete_length=whole.content_length)
    except RequestedRangeNotSatisfiable:
        whole.close()
        raise
    return whole


@blueprint.delete(
    "/<id>",
    responses={
        202: body(Job, "It had not ended, and is cancelled: the work stops within 5 s."),
        204: nothing("It had ended, and is erased with its files."),
        **refusals(404),
    },
)
def remove(path: JobPath) -> tuple[Response | str, int]:
    """Cancel a job; erase one that has ended"""
    record = current_service().remove(path.id, current_caller().owner)
    return (_answer(record), 202) if record else ("", 204)


def accepted(record: JobRecord) -> Response:
    """202 with the job and its address."""
    response = _answer(record)
    response.status_code = 202
    response.headers["Location"] = url_for("jobs.show", id=record.id)
    return response


def gone() -> UnknownJob:
    return UnknownJob("There is no such job; it may have expired.")


def own_job(id: str) -> JobRecord:
    """Raises UnknownJob, for a job of another caller's too."""
    return current_service().job(id, current_caller().owner)


def answer_in(query: ResultQuery) -> Callable[[JobRecord, Current], Response]:
    """How a conversation is to be answered. Raises UnknownFormat, so ask before anything is changed."""
    chosen = formats.negotiate(query.format, request.headers.get("Accept"))

    def answer(record: JobRecord, current: Current) -> Response:
        response = rendered(current.conversation, chosen, name=record.name, words=query.words)
        response.set_etag(current.revision or AS_MADE)
        return response

    return answer


def _answer(record: JobRecord) -> Response:
    return jsonify(all_shown(current_service(), [record])[0].model_dump())


def all_shown(service: Service, records: Sequence[JobRecord]) -> list[Job]:
    places = service.places(records)
    hooks = service.webhooks.logs([record.id for record in records])
    described = [shown(record, places.get(record.id)) | {"webhook": hooks.get(record.id)} for record in records]
    return [Job.model_validate(job) for job in described]


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
