"""What every answer tells browsers: take it for what it says it is, run nothing in it, show it in nobody's frame.

A view that needs more, as a page with scripts of its own does, sets the header itself, and that stands. There is no
Strict-Transport-Security: browsers ignore it without TLS, which ends at the proxy, and the proxy knows for how long
its name will have a certificate.
"""

from __future__ import annotations

from flask import Flask, Response
from flask_cors import CORS

from settings import Settings

CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What pages of other origins may send and read, where CORS_ORIGINS names them.
_METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID", "Prefer", "Range",
         "X-API-Key", "X-Request-ID")  # fmt: skip
_READ = ("Accept-Ranges", "Content-Range", "ETag", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate",
         "X-Ignored-Parameters", "X-Request-ID", "X-Warnings")  # fmt: skip
_REMEMBERED = 600  # s


def register_headers(app: Flask, settings: Settings) -> None:
    app.after_request(_be_careful)
    if settings.allowed_origins:
        CORS(
            app,
            origins=list(settings.allowed_origins),
            methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_READ,
            max_age=_REMEMBERED,
            send_wildcard=True,
            always_send=False,
            supports_credentials=False,  # a key is sent by the page itself, never by the browser on its own
        )


def _be_careful(response: Response) -> Response:
    for name, value in CAREFUL.items():
        response.headers.setdefault(name, value)
    response.headers["Cache-Control"] = "no-store"
    return response
