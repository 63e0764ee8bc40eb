"""A transcription as server-sent events, while it is made."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response
from werkzeug.exceptions import ClientDisconnected

from dialects.openai_events import Event, Transcript
from errors import DiarizationError, InvalidKey
from jobs.board import Position
from jobs.service import Service
from logging_setup import traceback_without_message
from pipeline.types import Conversation
from web.context import current_service
from web.dialects.known import OPENAI
from web.errors import body_of, fault, status_of
from web.guard import still_admitted
from web.waiting import Work

log = logging.getLogger(__name__)

INTERVAL = 1.0  # s between two signs of life at most
ALIVE = ":\n\n"  # a comment: proxies end connections on which nothing is said


Warnings = Callable[[Conversation], Sequence[str]]


def stream(work: Work, transcript: Transcript, warnings: Warnings) -> Response:
    """The answer of one who waits; warnings: what to say of the result at the end. When it is over, or its client has
    gone, so is the work. It needs no place among MAX_EVENT_STREAMS: it has one in the queue, as all have who wait."""
    lines = _lines(_told(current_service(), work, transcript, warnings, still_admitted()))
    response = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(work.outcome.cancel)  # also where nobody has come for the first line
    return response


def _lines(told: Iterator[str]) -> Iterator[str]:
    yield ALIVE
    try:
        yield from told
    except ClientDisconnected:
        return
    except DiarizationError as error:
        yield line({"type": "error", **body_of(OPENAI, status_of(error), error)})
    except Exception as error:  # the answer has begun, and can only end
        log.error("A stream ended early:\n%s", traceback_without_message(error))
        yield line({"type": "error", **body_of(OPENAI, 500, fault())})


def _told(
    service: Service, work: Work, transcript: Transcript, warnings: Warnings, admitted: Callable[[], bool]
) -> Iterator[str]:
    """Raises what the work ended with in place of a result, ClientDisconnected, and InvalidKey."""
    position = Position()
    with service.watch(work.id) as watch:
        work.outcome.add_done_callback(lambda _: watch.wake())
        while not work.outcome.done():
            news = watch.since(position)
            position = news.position
            yield from map(line, transcript.segments(news.first, news.segments))
            if not watch.wait(INTERVAL):  # the server stops: its jobs' outcome comes soon
                work.ends_by(None)
            if not admitted():  # the key was revoked meanwhile
                raise InvalidKey("The API key is expired or revoked.")
            yield ALIVE
    conversation = work.outcome.result()
    yield from map(line, transcript.done(conversation, warnings(conversation)))


def line(event: Event | dict[str, Any]) -> str:
    """As it is sent."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
