"""GET /jobs/<id>/peaks: what the page draws as a waveform, without the hours of sound."""

from __future__ import annotations

from flask import Response, jsonify

from jobs.peaks import peaks_of
from web.context import current_service
from web.jobs import gone, own_job
from web.responses import body, refusals
from web.routes import Routes
from web.schemas.job import JobPath
from web.schemas.peaks import Peaks, PeaksQuery

blueprint = Routes("peaks", __name__, url_prefix="/jobs", tag="jobs")


@blueprint.get("/<id>/peaks", responses={200: body(Peaks), **refusals(400, 404)})
def peaks(path: JobPath, query: PeaksQuery) -> Response:
    """How loud the recording is over its length"""
    wav = current_service().audio(own_job(path.id))
    try:
        found = peaks_of(wav, query.count)
    except FileNotFoundError:  # erased meanwhile
        raise gone() from None
    return jsonify(duration=found.duration, channels=found.channels)
