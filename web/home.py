"""GET /: the page, for people; for programs whether the service works and what it takes. GET /page/...: its parts."""

from __future__ import annotations

import secrets
from pathlib import Path

from flask import Response, jsonify, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from web.context import current_service
from web.dialects.related import specs
from web.guard import public
from web.responses import reference, refusals
from web.routes import Routes
from web.schemas.home import Home, PartPath
from web.status import VERSION, word_for

blueprint = Routes("home", __name__, tag="about")
PARTS = Path(__file__).parent / "static" / "page"
INDEX = "index.html"
MIMETYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NONCE = "{style-nonce}"  # where it stands in the page
_HTML, _JSON = "text/html", "application/json"
_HOME = {
    "description": "The page, or what a program asks for.",
    "content": {_HTML: {"schema": {"type": "string"}}, _JSON: {"schema": reference(Home)}},
}
_PART = {
    "description": "A part of the page.",
    "content": {kind: {"schema": {"type": "string"}} for kind in MIMETYPES.values()},
}
LINKS = {"status": "/status", "api": "/docs", "openapi": "/openapi.json", "jobs": "/jobs", "session": "/session"}


def policy(nonce: str) -> str:
    """What the page may do: run what comes from here, and nothing that stands in it. nonce: of the style sheet that
    wavesurfer.js writes into its own shadow tree. blob: is what was recorded, or is about to be saved."""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@blueprint.get("/", responses={200: _HOME})
@public
def home() -> Response:
    """The page, or whether the service works and what it takes

    By `Accept`: who prefers HTML, as browsers do, gets the page; with `*/*`, or without the header, it is JSON.
    """
    response = _page() if _wants_page() else _health()
    response.headers["Vary"] = "Accept"
    return response


@blueprint.get("/page/<path:name>", responses={200: _PART, **refusals(404)})
@public
def part(path: PartPath) -> Response:
    """Scripts, styles and pictures of the page"""
    place = safe_join(str(PARTS), path.name)
    mimetype = MIMETYPES.get(Path(path.name).suffix)
    if mimetype is None or place is None or not Path(place).is_file():
        raise NotFound
    return send_file(place, mimetype=mimetype, conditional=False, etag=False)


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    return accepted[_HTML] > accepted[_JSON]


def _page() -> Response:
    nonce = secrets.token_urlsafe(16)
    response = Response((PARTS / INDEX).read_text(encoding="utf-8").replace(_NONCE, nonce), mimetype=_HTML)
    response.headers["Content-Security-Policy"] = policy(nonce)
    response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
    return response


def _health() -> Response:
    state = current_service().state()
    shown = Home(status=word_for(state), version=VERSION, audio=specs(), links=LINKS)
    return jsonify(shown.model_dump())
