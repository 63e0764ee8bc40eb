"""A transcription as server-sent events, while it is made."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from flask import Response
from werkzeug.exceptions import ClientDisconnected

from dialects.openai_events import Event, Transcript
from errors import DiarizationError
from jobs.board import Position
from jobs.service import Service
from logging_setup import traceback_without_message
from web.context import current_service
from web.dialects.known import OPENAI
from web.errors import body_of, fault, status_of
from web.waiting import Work

log = logging.getLogger(__name__)

INTERVAL = 1.0  # s between two signs of life at most
ALIVE = ":\n\n"  # a comment: proxies end connections on which nothing is said


def stream(work: Work, transcript: Transcript) -> Response:
    """The answer of one who waits. When it is over, or its client has gone, so is the work."""
    lines = _lines(current_service(), work, transcript)
    return Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _lines(service: Service, work: Work, transcript: Transcript) -> Iterator[str]:
    yield ALIVE
    try:
        yield from _told(service, work, transcript)
    except ClientDisconnected:
        return
    except DiarizationError as error:
        yield line({"type": "error", **body_of(OPENAI, status_of(error), error)})
    except Exception as error:  # the answer has begun, and can only end
        log.error("A stream ended early:\n%s", traceback_without_message(error))
        yield line({"type": "error", **body_of(OPENAI, 500, fault())})
    finally:
        work.outcome.cancel()


def _told(service: Service, work: Work, transcript: Transcript) -> Iterator[str]:
    position = Position()
    with service.watch(work.id) as watch:
        work.outcome.add_done_callback(lambda _: watch.wake())
        while not work.outcome.done():
            news = watch.since(position)
            position = news.position
            yield from map(line, transcript.segments(news.first, news.segments))
            if not watch.wait(INTERVAL):  # the server stops: its jobs' outcome comes soon
                work.ends_by(None)
            yield ALIVE
    yield from map(line, transcript.done(work.outcome.result()))


def line(event: Event | dict[str, Any]) -> str:
    """As it is sent."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
