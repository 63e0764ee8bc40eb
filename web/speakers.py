"""Who is who in a finished job, put right in a second: other numbers of speakers, names, and whose words are whose."""

from __future__ import annotations

import re

from flask import Response, request
from pydantic import ValidationError
from werkzeug.datastructures import CombinedMultiDict

from errors import InvalidEdit, InvalidOption
from jobs.record import JobRecord
from jobs.revisions import changed_meanwhile
from web.bodies import takes_body
from web.context import current_service
from web.jobs import REVISION, answer_in, own_job
from web.options import speaker_counts
from web.responses import refusals
from web.routes import Routes, unread
from web.schemas.job import JobPath, ResultQuery
from web.schemas.speakers import AS_MADE, Changes, IfMatch
from web.schemas.upload import SpeakerCounts

blueprint = Routes("speakers", __name__, url_prefix="/jobs", tag="jobs")
MOST_BODY = 1024 * 1024  # bytes
_TAG = r'(?:W/)?"[^"\s,]*"'
_TAGS = re.compile(rf"{_TAG}(?:\s*,\s*{_TAG})*")


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
    return answer(record, service.recluster(record, counts, _expected(record)))


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
    return answer(record, service.edit(record, changes, _expected(record)))


@blueprint.post(
    "/<id>/undo",
    responses={200: REVISION, **refusals(400, 404, 409, 412, 422, 503)},
    openapi_extensions=unread(header=IfMatch),
)
def undo(path: JobPath, query: ResultQuery) -> Response:
    """Take the last change of the speakers back"""
    service = current_service()
    record, answer = own_job(path.id), answer_in(query)
    return answer(record, service.undo(record, _expected(record)))


def _changes() -> Changes:
    try:
        return Changes.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("rename", "merge", "reassign"))
        raise InvalidEdit(f"{first['msg']}.", field=field or None) from None


def _expected(record: JobRecord) -> str | None:
    """The revision that a client has seen, by If-Match: what others changed meanwhile is then not overwritten.

    Raises RevisionChanged where the current one is not among those named, and InvalidOption for what names none.
    """
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    if not _TAGS.fullmatch(given):
        raise InvalidOption("If-Match must be the ETag of the conversation.", field="If-Match")
    revision = current_service().result(record).revision
    if f'"{revision or AS_MADE}"' not in re.split(r"\s*,\s*", given):
        raise changed_meanwhile()
    return revision
