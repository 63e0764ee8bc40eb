"""Who is who in a finished job, put right in a second: other numbers of speakers, names, and whose words are whose."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import CombinedMultiDict

import formats
from errors import InvalidEdit, InvalidOption
from jobs.conversations import Current
from jobs.record import JobRecord
from pipeline.edits import LONGEST_NAME
from web.bodies import takes_body
from web.context import current_service
from web.jobs import own_job
from web.options import boolean, speaker_counts

blueprint = Blueprint("speakers", __name__, url_prefix="/jobs")
MOST_CHANGES = 1000
MOST_BODY = 1024 * 1024  # bytes

Index = Annotated[int, Field(ge=0, lt=2**31, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rename(_Strict):
    edit: Literal["rename"]
    speaker: str
    name: Name


class Merge(_Strict):
    edit: Literal["merge"]
    speaker: str
    into: str


class Reassign(_Strict):
    """speaker: None for somebody new; words: the first and the last, in the segment."""

    edit: Literal["reassign"]
    segment: Index
    speaker: str | None = None
    words: tuple[Index, Index] | None = None


class Changes(_Strict):
    changes: list[Annotated[Rename | Merge | Reassign, Field(discriminator="edit")]] = Field(
        min_length=1, max_length=MOST_CHANGES
    )


@blueprint.post("/<id>/recluster")
def recluster(id: str) -> Response:
    service = current_service()
    record = own_job(id)
    counts, form = speaker_counts(CombinedMultiDict([request.args, request.form])), _form()
    return form(record, service.recluster(record, counts, _expected()))


@blueprint.patch("/<id>/speakers")
@takes_body(MOST_BODY)
def change(id: str) -> Response:
    service = current_service()
    record = own_job(id)
    changes, form = [one.model_dump(exclude_none=True) for one in _changes().changes], _form()
    return form(record, service.edit(record, changes, _expected()))


@blueprint.post("/<id>/undo")
def undo(id: str) -> Response:
    service = current_service()
    record, form = own_job(id), _form()
    return form(record, service.undo(record, _expected()))


def _form() -> Callable[[JobRecord, Current], Response]:
    """How the conversation is to be answered; read before it is changed. Raises UnknownFormat, InvalidOption."""
    chosen = formats.negotiate(request.args.get("format") or None, request.headers.get("Accept"))
    words = boolean(request.args, "words") or False

    def answer(record: JobRecord, current: Current) -> Response:
        text = chosen.render(current.conversation, name=record.name, words=words)
        response = Response(text, mimetype=chosen.MIMETYPE)
        response.set_etag(str(current.revision))
        return response

    return answer


def _changes() -> Changes:
    try:
        return Changes.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("rename", "merge", "reassign"))
        raise InvalidEdit(f"{first['msg']}.", field=field or None) from None


def _expected() -> int | None:
    """The revision that a client has seen, by If-Match: what others changed meanwhile is then not overwritten."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    if not re.fullmatch(r'"\d{1,9}"', given):
        raise InvalidOption("If-Match must be the ETag of the conversation.", field="If-Match")
    return int(given.strip('"'))
