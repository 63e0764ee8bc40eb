"""Every error leaves as ``{"error": {"code", "message", "field"}}`` with the status that its kind deserves, or as the
dialect has it that the address belongs to (web/dialects/known.py)."""

from __future__ import annotations

import errno
import logging
import re
from typing import Any

from flask import Flask, Response, g, jsonify
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

import errors
from dialects.refusal import Refusal
from errors import DiarizationError, Unavailable
from logging_setup import request_id, traceback_without_message
from web.bodies import too_large
from web.context import current_settings
from web.dialects.known import Dialect, current_dialect

log = logging.getLogger(__name__)

# The first class that an error is an instance of decides, so the narrow ones come first.
STATUSES: tuple[tuple[type[DiarizationError], int], ...] = (
    (errors.UploadTooLarge, 413),
    (errors.AudioTooLong, 413),
    (errors.UnsupportedMedia, 415),
    (errors.TruncatedAudio, 422),
    (errors.EmptyAudio, 422),
    (errors.UnknownJob, 404),
    (errors.UnknownModel, 404),
    (errors.Unsupported, 422),
    (errors.Unfinished, 409),
    (errors.UnknownSpeaker, 404),
    (errors.SpeakerExists, 409),
    (errors.TooManySpeakers, 409),
    (errors.VoiceTooShort, 422),
    (errors.SeveralVoices, 422),
    (errors.KeyReused, 422),
    (errors.WebhookRefused, 422),
    (errors.InvalidEdit, 422),
    (errors.RevisionChanged, 412),
    (errors.NothingToUndo, 409),
    (errors.ArtefactsExpired, 410),
    (errors.InputError, 400),
    (errors.MissingScope, 403),
    (errors.ForeignHost, 403),
    (errors.ForeignOrigin, 403),
    (errors.MissingKey, 401),
    (errors.InvalidKey, 401),
    (errors.TooManyPending, 429),
    (errors.TooManyUploads, 429),
    (errors.RateLimited, 429),
    (errors.Unavailable, 503),
    (errors.ModelError, 503),
    (errors.Cancelled, 409),
    (errors.DiarizationError, 500),
)
MODEL_RETRY_AFTER = 60  # seconds; models that cannot be loaded seldom heal sooner
_KEPT = ("Allow", "Content-Range")  # of the framework's headers; the others are about a body that is not sent
# RFC 6750: what to send, and what was wrong with what was sent.
CHALLENGES = {
    errors.MissingKey.code: "",
    errors.InvalidKey.code: ', error="invalid_token"',
    errors.MissingScope.code: ', error="insufficient_scope"',
}
DATABASE_RETRY_AFTER = 10  # s
# It is away, locked or full, or all connections to it are in use.
_DATABASE_AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
_OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT)


def register_error_handlers(app: Flask) -> None:
    app.register_error_handler(DiarizationError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _system)
    for kind in _DATABASE_AWAY:
        app.register_error_handler(kind, _database)
    app.register_error_handler(Exception, _unexpected)
    # What goes wrong beside a route, as in a hook, comes to _http as a 500. Flask would log what was asked and said.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.log_exception = _log_exception


def answer(error: DiarizationError) -> Response:
    """With the status of its kind and the headers that belong to that."""
    status = status_of(error)
    log.log(logging.ERROR if status == 500 else logging.INFO, "Refused with %d %s", status, error.code)
    response = _answer(status, error)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    elif status == 503:
        response.headers["Retry-After"] = str(MODEL_RETRY_AFTER)
    if (wrong := CHALLENGES.get(error.code)) is not None:
        response.headers["WWW-Authenticate"] = current_dialect().challenge + wrong
    return response


def status_of(error: DiarizationError) -> int:
    """Ours; a dialect may have another."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def _http(error: HTTPException) -> Response:
    """Flask's own refusals (no such address, wrong method, body too large)."""
    if isinstance(error, RequestEntityTooLarge):
        return answer(too_large(current_settings().max_upload_mb))
    if isinstance(error, InternalServerError):
        return _fault()
    response = _answer(error.code or 500, DiarizationError(_sentence(error)), code=_code(error))
    for name, value in error.get_headers():
        if name in _KEPT:
            response.headers[name] = value
    return response


def _system(error: OSError) -> Response:
    if error.errno in _OUT_OF_SPACE:
        log.error("No room left for uploads in TEMP_AUDIO_DIR")
        return answer(Unavailable("The server has no room for this upload; try again later.", retry_after=60))
    return _unexpected(error)


def _database(error: Exception) -> Response:
    log.error("The database cannot be used:\n%s", traceback_without_message(error))
    return answer(Unavailable("The jobs cannot be reached; try again later.", retry_after=DATABASE_RETRY_AFTER))


def _log_exception(exc_info: Any) -> None:
    log.error("Unexpected error:\n%s", traceback_without_message(exc_info[1]))


def _unexpected(error: Exception) -> Response:
    log.error("Unexpected error:\n%s", traceback_without_message(error))
    return _fault()


def _fault() -> Response:
    return _answer(500, fault())


def fault() -> DiarizationError:
    """What a client is told of an error that nobody foresaw."""
    return DiarizationError("The request failed because of a fault in the server; its log has the cause.")


def _answer(status: int, error: DiarizationError, code: str | None = None) -> Response:
    g.error_code = code or error.code  # for web/metrics.py
    return error_response(status, error, code)


def error_response(status: int, error: DiarizationError, code: str | None = None) -> Response:
    """In the shape of the dialect, which has its own name for the field, too. code: instead of the error's own."""
    dialect = current_dialect()
    response = jsonify(body_of(dialect, status, error, code))
    response.status_code = dialect.status(status)
    return response


def body_of(dialect: Dialect, status: int, error: DiarizationError, code: str | None = None) -> dict[str, Any]:
    """Also for what is said in the middle of an answer. status: ours."""
    named = (code or error.code, dialect.worded(error.message), dialect.field(error.field))
    return dialect.error(Refusal(dialect.status(status), *named, request_id.get()))


def _code(error: HTTPException) -> str:
    return re.sub(r"[^a-z]+", "_", error.name.lower())


def _sentence(error: HTTPException) -> str:
    match error.code:
        case 404:
            return "There is nothing at this address; POST /diarize, POST /jobs and GET /status are."
        case 405:
            return "This address does not take this method."
        case _:
            return error.description or error.name
