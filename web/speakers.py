"""Who is who in a finished job, put right in a second: other numbers of speakers, names, and whose words are whose."""

from __future__ import annotations

import re

from flask import Response, request
from pydantic import ValidationError
from werkzeug.datastructures import CombinedMultiDict

from errors import InvalidEdit, InvalidOption
from web.bodies import takes_body
from web.context import current_service
from web.jobs import REVISION, answer_in, own_job
from web.options import speaker_counts
from web.responses import refusals
from web.routes import Routes, unread
from web.schemas.job import JobPath, ResultQuery
from web.schemas.speakers import AS_MADE, ETAG, Changes, IfMatch
from web.schemas.upload import SpeakerCounts

blueprint = Routes("speakers", __name__, url_prefix="/jobs", tag="jobs")
MOST_BODY = 1024 * 1024  # bytes


@blueprint.post(
    "/<id>/recluster",
    responses={200: REVISION, **refusals(400, 404, 409, 410, 412, 422, 503)},
    openapi_extensions=unread(query=SpeakerCounts, form=SpeakerCounts, header=IfMatch, required=False),
)
def recluster(path: JobPath, query: ResultQuery) -> Response:
    """Tell the voices apart anew, without listening again

    Without any number of speakers it is found.
    """
    service = current_service()
    record = own_job(path.id)
    counts, answer = speaker_counts(CombinedMultiDict([request.args, request.form])), answer_in(query)
    return answer(record, service.recluster(record, counts, _expected()))


@blueprint.patch(
    "/<id>/speakers",
    responses={200: REVISION, **refusals(400, 404, 409, 412, 422, 503)},
    openapi_extensions=unread(json=Changes, header=IfMatch),
)
@takes_body(MOST_BODY)
def change(path: JobPath, query: ResultQuery) -> Response:
    """Name and merge speakers, and say whose words are whose

    The changes are made in order, all or none.
    """
    service = current_service()
    record = own_job(path.id)
    changes, answer = [one.model_dump(exclude_none=True) for one in _changes().changes], answer_in(query)
    return answer(record, service.edit(record, changes, _expected()))


@blueprint.post(
    "/<id>/undo",
    responses={200: REVISION, **refusals(400, 404, 409, 412, 422, 503)},
    openapi_extensions=unread(header=IfMatch),
)
def undo(path: JobPath, query: ResultQuery) -> Response:
    """Take the last change of the speakers back"""
    service = current_service()
    record, answer = own_job(path.id), answer_in(query)
    return answer(record, service.undo(record, _expected()))


def _changes() -> Changes:
    try:
        return Changes.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("rename", "merge", "reassign"))
        raise InvalidEdit(f"{first['msg']}.", field=field or None) from None


def _expected() -> str | None:
    """The revision that a client has seen, by If-Match: what others changed meanwhile is then not overwritten."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    if not re.fullmatch(ETAG, given):
        raise InvalidOption("If-Match must be the ETag of the conversation.", field="If-Match")
    revision = given.strip('"')
    return "" if revision == AS_MADE else revision
