"""/v2: AssemblyAI's transcripts. A transcript is a job, under the same id."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request, url_for

from dialects import assemblyai as shape
from errors import InvalidOption
from jobs.record import JobRecord
from pipeline.types import Conversation
from web.bodies import takes_upload_as
from web.callers import current_caller
from web.context import current_service
from web.dialects.known import ASSEMBLYAI
from web.dialects.parameters import idle, without_effect
from web.dialects.transcripts import (
    CANCELLED,
    address_of,
    asked_of,
    error_of,
    idle_in,
    options_of,
    report,
    states_of,
    status_of,
    wanted_of,
)
from web.ignored import IGNORED, ignore
from web.jobs import own_job
from web.responses import body, refusals
from web.routes import Routes, unread
from web.schemas.assemblyai import (
    UPLOAD_URL,
    CaptionsQuery,
    Matches,
    Paragraphs,
    SearchQuery,
    Sentences,
    Transcript,
    TranscriptPage,
    TranscriptPath,
    TranscriptRequest,
    TranscriptsQuery,
    Uploaded,
)
from web.upload import write_body

blueprint = Routes("assemblyai", __name__, url_prefix="/v2", tag="AssemblyAI", dialect=ASSEMBLYAI)
_UPLOAD = re.compile(UPLOAD_URL)
_ERASED = "http://deleted_by_user"
_CAPTIONS = {"content": {"text/plain": {"schema": {"type": "string"}}}}


@blueprint.post(
    "/upload",
    responses={200: body(Uploaded), **refusals(400, dialect=ASSEMBLYAI)},
    openapi_extensions=unread(recording=True),
)
@takes_upload_as()
def upload() -> Response:
    """A recording as the body, an address for it as the answer

    It is kept for `RETENTION_HOURS` after it was last used.
    """
    id = current_service().uploads.receive(current_caller().id, partial(write_body, request))
    address = f"{url_for('assemblyai.upload', _external=True)}/{id}"
    return jsonify(Uploaded(upload_url=address).model_dump())


@blueprint.post(
    "/transcript",
    responses={200: body(Transcript, headers=IGNORED), **refusals(400, 415, 422, dialect=ASSEMBLYAI)},
)
def create(body: TranscriptRequest) -> Response:
    """A transcript of what was uploaded, which is a job"""
    service, owner = current_service(), current_caller().id
    options = options_of(body)
    warnings = without_effect(idle_in(body, options))
    service.check_open(owner)
    with service.uploads.held(owner, _uploaded(body.audio_url)) as recording:
        record = service.accept(
            recording,
            options,
            owner=owner,
            warnings=warnings,
            webhook_url=body.webhook_url,
            dialect=asked_of(body),
        )
    return _answer(record)


@blueprint.get(
    "/transcript", responses={200: body(TranscriptPage, headers=IGNORED), **refusals(400, 404, dialect=ASSEMBLYAI)}
)
def index(query: TranscriptsQuery) -> Response:
    """The transcripts, which are the jobs, the newest first"""
    ignore(idle(request.args, TranscriptsQuery.model_fields, ("created_on",)))
    before, after = (own_job(id).number if id else None for id in (query.before_id, query.after_id))
    states, owner = states_of(query.status), current_caller().owner
    records = [] if query.throttled_only else current_service().jobs(owner, states, before, query.limit, after)
    older = records[-1].id if len(records) == query.limit else None
    details = {
        "limit": query.limit,
        "result_count": len(records),
        "current_url": request.url,
        "prev_url": older and _page(query, before_id=older),
        "next_url": _page(query, after_id=records[0].id) if records else None,
    }
    return jsonify({"page_details": details, "transcripts": [_item(record) for record in records]})


@blueprint.get("/transcript/<id>", responses={200: body(Transcript), **refusals(404, dialect=ASSEMBLYAI)})
def show(path: TranscriptPath) -> Response:
    """How far the transcript is, and what was said once it is completed"""
    return _answer(own_job(path.id))


@blueprint.delete(
    "/transcript/<id>",
    responses={200: body(Transcript, "As it was, without what was said."), **refusals(404, dialect=ASSEMBLYAI)},
)
def remove(path: TranscriptPath) -> Response:
    """Cancel a transcript; erase one that has ended"""
    record = own_job(path.id)
    shown = report(record).model_copy(update={"text": None, "words": None, "utterances": None, "audio_url": _ERASED})
    if current_service().remove(path.id, current_caller().owner):
        shown = shown.model_copy(update={"status": "error", "error": CANCELLED})
    return jsonify(shown.model_dump())


@blueprint.get(
    "/transcript/<id>/srt",
    responses={200: {"description": "SubRip.", **_CAPTIONS}, **refusals(400, 404, 409, 503, dialect=ASSEMBLYAI)},
)
def srt(path: TranscriptPath, query: CaptionsQuery) -> Response:
    """Subtitles as SRT"""
    return _captions(path.id, "srt", query)


@blueprint.get(
    "/transcript/<id>/vtt",
    responses={200: {"description": "WebVTT.", **_CAPTIONS}, **refusals(400, 404, 409, 503, dialect=ASSEMBLYAI)},
)
def vtt(path: TranscriptPath, query: CaptionsQuery) -> Response:
    """Subtitles as WebVTT"""
    return _captions(path.id, "vtt", query)


@blueprint.get(
    "/transcript/<id>/sentences", responses={200: body(Sentences), **refusals(404, 409, 503, dialect=ASSEMBLYAI)}
)
def sentences(path: TranscriptPath) -> Response:
    """What was said, sentence by sentence"""
    record = own_job(path.id)
    return jsonify({"id": record.id, **shape.sentence_list(_said(record), wanted_of(record))})


@blueprint.get(
    "/transcript/<id>/paragraphs", responses={200: body(Paragraphs), **refusals(404, 409, 503, dialect=ASSEMBLYAI)}
)
def paragraphs(path: TranscriptPath) -> Response:
    """What was said, each stretch of one speaker by itself"""
    record = own_job(path.id)
    return jsonify({"id": record.id, **shape.paragraph_list(_said(record), wanted_of(record))})


@blueprint.get(
    "/transcript/<id>/word-search",
    responses={200: body(Matches), **refusals(400, 404, 409, 503, dialect=ASSEMBLYAI)},
)
def search(path: TranscriptPath, query: SearchQuery) -> Response:
    """Where words and phrases are said"""
    record, terms = own_job(path.id), [term.strip() for term in query.words.split(",")]
    if any(len(term.split()) > shape.MOST_TERMS for term in terms):
        raise InvalidOption(f"words may hold phrases of up to {shape.MOST_TERMS} words.", field="words")
    return jsonify({"id": record.id, **shape.matches(_said(record), terms)})


def _uploaded(address: str) -> str:
    """The id of an upload. Raises InvalidOption for an address of anything else."""
    match = _UPLOAD.fullmatch(address)
    if match is None or _name(address) != _name(request.host_url):
        message = "audio_url must be the upload_url of a POST /v2/upload to this server: no other address is fetched."
        raise InvalidOption(message, field="audio_url")
    return match[1]


def _name(address: str) -> str | None:
    """Of the server, without its port, which may be another after a restart."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _said(record: JobRecord) -> Conversation:
    """Raises Unfinished, and what a failed job failed with."""
    return current_service().result(record).conversation


def _captions(id: str, kind: str, query: CaptionsQuery) -> Response:
    text = shape.captions(_said(own_job(id)), kind, query.chars_per_caption)
    return Response(text, mimetype="text/plain")


def _answer(record: JobRecord) -> Response:
    return jsonify(report(record).model_dump())


def _item(record: JobRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "resource_url": url_for("assemblyai.show", id=record.id, _external=True),
        "status": status_of(record),
        "created": _moment(record.created_at),
        "completed": record.ended_at and _moment(record.ended_at),
        "audio_url": address_of(record),
        "error": error_of(record),
    }


def _page(query: TranscriptsQuery, **place: str) -> str:
    status = {"status": query.status} if query.status else {}
    return url_for("assemblyai.index", _external=True, limit=query.limit, **status, **place)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
