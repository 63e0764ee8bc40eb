"""GET /jobs/<id>/plot.svg and plot.png: a recording, and who speaks when in it, to look at."""

from __future__ import annotations

from flask import Flask, Response, current_app

from jobs.record import JobRecord
from pictures.order import NEEDS_TURNS, Format, Order
from pictures.studio import Studio
from settings import Settings
from web.context import current_service
from web.jobs import gone, own_job
from web.responses import refusals
from web.routes import Routes
from web.schemas.job import JobPath
from web.schemas.pictures import PictureQuery

blueprint = Routes("pictures", __name__, url_prefix="/jobs", tag="jobs")
_REFUSED = refusals(400, 404, 409, 422, 503)
_SVG = {"description": "The picture.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
_PNG = {"description": "The picture.", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
# An SVG that is opened by itself is a page: it has styles and a picture in it, and nothing else.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def open_studio(app: Flask, settings: Settings) -> None:
    app.extensions["studio"] = Studio(settings.data_dir / "fonts")


@blueprint.get("/<id>/plot.svg", responses={200: _SVG, **_REFUSED})
def svg(path: JobPath, query: PictureQuery) -> Response:
    """The recording and who speaks when in it, as SVG

    Waveform, spectrum and mel spectrum need the recording alone; for speakers, and all, the job must be done.
    """
    response = Response(_draw(path, query, "svg"), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/<id>/plot.png", responses={200: _PNG, **_REFUSED})
def png(path: JobPath, query: PictureQuery) -> Response:
    """The recording and who speaks when in it, as PNG"""
    return Response(_draw(path, query, "png"), mimetype="image/png")


def _draw(path: JobPath, query: PictureQuery, format: Format) -> bytes:
    record = own_job(path.id)
    wav = current_service().audio(record)
    studio: Studio = current_app.extensions["studio"]
    try:
        return studio.draw(wav, _order(record, query, format))
    except FileNotFoundError:  # erased meanwhile
        raise gone() from None


def _order(record: JobRecord, query: PictureQuery, format: Format) -> Order:
    if query.kind not in NEEDS_TURNS:
        return Order(query.kind, format, query.width, query.theme)
    found = current_service().result(record).conversation
    return Order(query.kind, format, query.width, query.theme, found.speakers, found.turns)
