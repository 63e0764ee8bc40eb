"""/session: an API key becomes a cookie, for the page in a browser."""

from __future__ import annotations

from flask import Response, jsonify

from errors import ForeignOrigin
from keys.key import KeyRecord
from web.callers import ANYBODY
from web.cookies import give_cookie, take_cookie
from web.guard import check_key, counted, given_key, key_needed, public
from web.pages import is_from_own_page
from web.responses import body, nothing, refusals
from web.routes import Routes
from web.schemas.session import NewSession, Session

blueprint = Routes("session", __name__, url_prefix="/session", tag="about")
_COOKIE = {"Set-Cookie": {"description": "HttpOnly, SameSite=Strict.", "required": True, "schema": {"type": "string"}}}


@blueprint.get("", responses={200: body(Session), **refusals(429)})
@public
@counted
def show() -> Response:
    """Whether a key is needed, and whether the one that came with this is good"""
    return _answer(given_key())


@blueprint.post("", responses={200: body(Session, headers=_COOKIE), **refusals(400, 401, 403, 429)})
@public
@counted
def begin(body: NewSession) -> Response:
    """A key in, a cookie back

    It is good for what the key is good for, where a page of this server sends it.
    """
    _check_page()
    text = body.key.strip()
    key = check_key(text)
    response = _answer(key)
    give_cookie(response, text, key)
    return response


@blueprint.delete("", responses={204: nothing("The cookie is gone."), **refusals(403, 429)})
@public
@counted
def end() -> Response:
    """Forget the key in this browser"""
    _check_page()
    response = Response(status=204)
    take_cookie(response)
    return response


def _check_page() -> None:
    """Else a page from elsewhere could have people work under a key of its own. Raises ForeignOrigin."""
    if is_from_own_page() is False:
        raise ForeignOrigin("Only a page of this server may do this.")


def _answer(key: KeyRecord | None) -> Response:
    needed = key_needed()
    scopes = key.scopes if key else frozenset() if needed else ANYBODY.scopes
    shown = Session(needed=needed, valid=key is not None, name=key.name if key else None, scopes=sorted(scopes))
    return jsonify(shown.model_dump())
