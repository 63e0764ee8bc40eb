"""How large a request's body may be: that of an upload where one is taken, and little on every other route.

What is too large by its own account is refused before any of it is read; what does not say how large it is, is cut off
by whoever reads it. On a route that takes no body nobody does, and the server closes the connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from errors import UploadTooLarge
from settings import Settings

LITTLE = 64 * 1024  # bytes; also what the fields beside the file and the wrapping of the parts may add to an upload
_MARK = "most_body"  # an attribute of a view; wrappers made with functools.wraps have it too
_FIELDS = "upload_fields"
_UPLOAD = 0
_FIELD = "audio"
View = TypeVar("View", bound=Callable[..., Any])


def takes_upload(view: View) -> View:
    """Marks a view that a recording is sent to, as the file field "audio" of a form."""
    return takes_upload_as(_FIELD)(view)


def takes_upload_as(*fields: str) -> Callable[[View], View]:
    """Marks a view that a recording is sent to, as one of these file fields of a form; none: as the body itself."""

    def mark(view: View) -> View:
        vars(view)[_FIELDS] = fields
        return takes_body(_UPLOAD)(view)

    return mark


def upload_fields() -> tuple[str, ...]:
    """The file fields that this request may send its recording as, the usual one first; none: as its body."""
    return getattr(current_app.view_functions[request.endpoint or ""], _FIELDS, ())


def takes_body(most: int) -> Callable[[View], View]:
    """Marks a view that takes a body of another size than most: so many bytes."""

    def mark(view: View) -> View:
        vars(view)[_MARK] = most
        return view

    return mark


def register_body_limits(app: Flask, settings: Settings) -> None:
    app.config["MAX_CONTENT_LENGTH"] = LITTLE
    app.before_request(lambda: _limit(settings.max_upload_mb))


def too_large(max_upload_mb: int) -> UploadTooLarge:
    """What to tell a client whose request went over the limit of its route."""
    most = _most()
    size = f"{max_upload_mb} MiB" if most == _UPLOAD else f"{most // 1024} KiB"
    message = f"The request is larger than this address accepts: at most {size}."
    return UploadTooLarge(message, field=next(iter(upload_fields()), None) if most == _UPLOAD else None)


def _limit(max_upload_mb: int) -> None:
    """Raises RequestEntityTooLarge."""
    most = _most() or max_upload_mb * 2**20 + LITTLE
    request.max_content_length = most
    if request.endpoint and (request.content_length or 0) > most:
        raise RequestEntityTooLarge


def _most() -> int:
    """Bytes, or _UPLOAD. Where there is no route nobody reads a body."""
    return getattr(current_app.view_functions[request.endpoint], _MARK, LITTLE) if request.endpoint else LITTLE
