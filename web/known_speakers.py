"""/speakers: people whose voices are known; with identify=true they have their names in every recording."""

from __future__ import annotations

from typing import cast

from flask import Response, jsonify, request, url_for
from werkzeug.datastructures import CombinedMultiDict

from errors import InvalidOption
from jobs.folders import JobFolder
from jobs.speakers.enrolment import MOST_CLIPS
from jobs.speakers.store import KnownSpeaker
from pipeline.known import KnownClip
from web.bodies import takes_upload
from web.callers import current_caller
from web.context import current_service
from web.ignored import IGNORED, ignore
from web.options import text
from web.responses import body, nothing, refusals
from web.routes import Routes, unread
from web.schemas.known_speakers import Clips, Speaker, SpeakerPage, SpeakerPath, SpeakersQuery, SpeakerUpload
from web.upload import UploadRequest, received_files, recording_name, stored_path

blueprint = Routes("known_speakers", __name__, url_prefix="/speakers", tag="speakers")
_ADDRESS = {"description": "The speaker's.", "required": True, "schema": {"type": "string", "format": "uri-reference"}}
_LINKED = ("known_speakers_show", "known_speakers_add", "known_speakers_remove")
_LINKS = {name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in _LINKED}
MADE = body(Speaker, "Known from now on.", headers={"Location": _ADDRESS, **IGNORED}, links=_LINKS)


@blueprint.post(
    "", responses={201: MADE, **refusals(400, 409, 415, 422, 503)}, openapi_extensions=unread(form=SpeakerUpload)
)
@takes_upload
def create() -> Response:
    """Make a voice known

    Of the clips nothing is kept but what the voice is like to the model that hears it, in numbers.
    """
    current_service().enrolment.check_open()
    clips, profile = _clips("name", "consent")
    name, consent = _required("name"), _required("consent")
    made = current_service().enrolment.enrol(current_caller().id, name, consent, clips, _folder(), profile)
    response = _answer(made)
    response.status_code = 201
    response.headers["Location"] = url_for("known_speakers.show", id=made.id)
    return response


@blueprint.get("", responses={200: body(SpeakerPage), **refusals(400)})
def index(query: SpeakersQuery) -> Response:
    """The known speakers, the newest first"""
    found = current_service().speakers.list(current_caller().owner, query.before, query.limit)
    following = found[-1].number if len(found) == query.limit else None
    return jsonify(SpeakerPage(speakers=[Speaker.of(one) for one in found], next=following).model_dump())


@blueprint.get("/<id>", responses={200: body(Speaker), **refusals(404)})
def show(path: SpeakerPath) -> Response:
    """A known speaker"""
    return _answer(current_service().speakers.get(path.id, current_caller().owner))


@blueprint.post(
    "/<id>/clips",
    responses={200: body(Speaker, headers=IGNORED), **refusals(400, 404, 409, 415, 422, 503)},
    openapi_extensions=unread(form=Clips),
)
@takes_upload
def add(path: SpeakerPath) -> Response:
    """More clips of a known speaker

    For another model, or to know the voice better. They must be of the same voice.
    """
    service, owner = current_service(), current_caller().owner
    service.speakers.get(path.id, owner)
    service.enrolment.check_open()
    clips, profile = _clips()
    return _answer(service.enrolment.extend(path.id, owner, clips, _folder(), profile))


@blueprint.delete("/<id>", responses={204: nothing("Forgotten, with all that was kept."), **refusals(404)})
def remove(path: SpeakerPath) -> tuple[str, int]:
    """Forget a known speaker"""
    current_service().speakers.delete(path.id, current_caller().owner)
    return "", 204


def _clips(*further: str) -> tuple[list[KnownClip], str | None]:
    """What was sent, and the profile that is to hear it; further: fields that are known. Raises MissingAudio,
    InvalidOption."""
    files = received_files(request)
    ignore(sorted({name or "" for name in _fields()} - {"profile", *further}))  # a part of a form may lack its name
    if len(files) > MOST_CLIPS:
        raise InvalidOption(f"Send up to {MOST_CLIPS} clips at once.", field="audio")
    clips = [KnownClip(recording_name(file.filename), stored_path(file)) for file in files]
    return clips, text(_fields(), "profile")


def _required(name: str) -> str:
    value = text(_fields(), name)
    if value is None:
        raise InvalidOption(f"{name} is required.", field=name)
    return value


def _fields() -> CombinedMultiDict[str, str]:
    return CombinedMultiDict([request.args, request.form])


def _folder() -> JobFolder:
    """Last: what is refused before leaves it to the request."""
    return cast(UploadRequest, request).take_folder() or current_service().open_folder()


def _answer(speaker: KnownSpeaker) -> Response:
    return jsonify(Speaker.of(speaker).model_dump())
