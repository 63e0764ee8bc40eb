"""GET /jobs/<id>/events: how far a job is and what is said in it, as it becomes known (server-sent events)."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, current_app, request

from errors import TooManyStreams, UnknownJob
from formats.json import segment_row
from jobs.board import News, Position, Watch
from jobs.service import Service
from jobs.shown import shown
from logging_setup import traceback_without_message
from settings import Settings
from web.callers import current_caller
from web.client import has_gone
from web.context import current_service, current_settings
from web.guard import still_admitted
from web.jobs import all_shown, own_job
from web.limits import counted_as
from web.places import Places
from web.responses import nothing, reference, refusals
from web.routes import Routes
from web.schemas.events import JobEvent
from web.schemas.job import EventsHeader, JobPath

log = logging.getLogger(__name__)

blueprint = Routes("events", __name__, url_prefix="/jobs", tag="jobs")
INTERVAL = 0.8  # s between two events at most: one each second, with some to spare
RETRY = 2000  # ms after which a client that lost the stream comes again
RETRY_AFTER = 10  # s; of one who found no place
LAST = "end"  # the id of the last event: whoever comes again with it has heard all
_EVENTS = {"description": "The stream.", "content": {"text/event-stream": {"schema": reference(JobEvent)}}}
_PROGRESS = ("state", "stage", "percent", "seconds_left", "queue_place")


def limit_streams(app: Flask, settings: Settings) -> None:
    """No more than MAX_EVENT_STREAMS, or they would starve the rest."""
    app.extensions["event_places"] = Places(settings.max_event_streams)


@blueprint.get(
    "/<id>/events",
    responses={200: _EVENTS, 204: nothing("The last event was heard already: come no more."), **refusals(404, 503)},
)
def events(path: JobPath, header: EventsHeader) -> Response:
    """How far the job is and what is said in it, as it becomes known

    Server-sent events: `progress` at least once a second, `segments` when they have become final, `restart` when the
    job begins again and those so far are void, and `end` with the job.
    """
    service, given, record = current_service(), header.last_event_id or "", own_job(path.id)
    if given == LAST and record.ended:
        return Response(status=204)  # to a browser: do not come again
    places, caller = current_app.extensions["event_places"], _sharer()
    if not places.take(caller):
        raise TooManyStreams("Too many event streams are open; ask for the job instead.", retry_after=RETRY_AFTER)
    client = request.environ.get("gunicorn.socket")
    stream = _stream(service, record.id, Position.read(given), still_admitted(), client)
    response = Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(lambda: places.give_back(caller))
    return response


def _sharer() -> str:
    """Without ALLOW_ANONYMOUS, whoever needs no key is on this machine, and there are no keys: nobody goes short."""
    return counted_as() if current_settings().allow_anonymous else current_caller().id


def _stream(
    service: Service, id: str, position: Position, admitted: Callable[[], bool], client: socket.socket | None
) -> Iterator[str]:
    yield f"retry: {RETRY}\n: until the event named end\n\n"
    try:
        with service.watch(id) as watch:
            for event in _watched(service, id, position, watch):
                if has_gone(client) or not admitted():  # a key may be revoked meanwhile
                    return
                yield event
    except UnknownJob:  # erased meanwhile: whoever comes again is told
        return
    except Exception as error:  # the answer has begun, and can only end; whoever comes again is told
        log.error("A stream of events ended early:\n%s", traceback_without_message(error))


def _watched(service: Service, id: str, position: Position, watch: Watch) -> Iterator[str]:
    going_on = True
    while going_on:
        record = service.job(id, owner=None)  # read first: all that was said before the end is then on the board
        news = watch.since(position)
        position = news.position
        yield from _told(news)
        if record.ended:
            yield _event("end", all_shown(service, [record])[0].model_dump(), LAST)
            return
        job = shown(record, service.places([record]).get(id))
        yield _event("progress", {name: job[name] for name in _PROGRESS}, position)
        going_on = watch.wait(INTERVAL)


def _told(news: News) -> Iterator[str]:
    if news.restarted:
        yield _event("restart", {}, Position(news.position.token, news.position.restarts))
    if news.segments:
        rows = [segment_row(segment) for segment in news.segments]
        yield _event("segments", {"first": news.first, "segments": rows}, news.position)


def _event(name: str, data: dict[str, Any], id: object) -> str:
    """In ASCII: metadata may hold half a surrogate pair, which no encoding takes."""
    return f"event: {name}\nid: {id}\ndata: {json.dumps(data)}\n\n"
