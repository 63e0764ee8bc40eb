"""Who may pass: every route needs an API key, but for those that say they do not, and wherever anybody may pass.

A key is needed as soon as one was made, and on any address that others can reach; ALLOW_ANONYMOUS lifts that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from errors import ForeignHost, ForeignOrigin, InvalidKey, MissingKey
from keys.key import KeyRecord, Scope, id_in
from keys.store import KeyStore
from settings import Settings
from web.callers import ANYBODY, Caller, current_caller, holder
from web.context import current_settings
from web.cookies import key_in_cookie
from web.dialects.known import OWN, current_dialect
from web.limits import register_limits
from web.pages import check_page

HEADER = "X-API-Key"
_MARK = "access"  # an attribute of a view; wrappers made with functools.wraps have it too
_COUNTED = "counted"
_READING = ("GET", "HEAD")
View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Marks a view that answers everybody."""
    vars(view)[_MARK] = None
    return view


def counted(view: View) -> View:
    """Marks a public view that says of a key whether it is good: who asks is counted as on a route that needs one."""
    vars(view)[_COUNTED] = True
    return view


def needs(scope: Scope) -> Callable[[View], View]:
    """Marks a view that wants this scope, whatever the method."""

    def mark(view: View) -> View:
        vars(view)[_MARK] = scope
        return view

    return mark


def needed_scope(view: Callable[..., Any], method: str) -> Scope | None:
    """None: public. Unless a view is marked: what only reads wants to read, and all else to write."""
    return getattr(view, _MARK, Scope.READ if method in _READING else Scope.WRITE)


def register_guard(app: Flask, settings: Settings, keys: KeyStore) -> None:
    """Those who are turned away count too (web/limits.py), so the limits stand in between."""
    app.extensions["keys"] = keys
    app.before_request(lambda: _identify(settings, keys))
    register_limits(app, settings)
    app.before_request(_admit)


def still_admitted() -> Callable[[], bool]:
    """Whether the key of this request holds, to be asked also when the request is over: an answer may take hours."""
    keys = _keys()
    text = _given_key(current_settings(), keys)

    def holds() -> bool:
        try:
            return text is None or bool(keys.check(text))
        except InvalidKey:
            return False

    return holds


def key_needed() -> bool:
    """Whether this app answers nobody without a key."""
    return not _anybody_may(current_settings(), _keys())


def given_key() -> KeyRecord | None:
    """The key that this request came with, in a header or the cookie, if it is good."""
    keys = _keys()
    try:
        text = _given_key(current_settings(), keys)
        return None if text is None else keys.check(text)
    except InvalidKey:
        return None


def check_key(text: str) -> KeyRecord:
    """Raises InvalidKey."""
    return _keys().check(text)


def _keys() -> KeyStore:
    return current_app.extensions["keys"]


def _identify(settings: Settings, keys: KeyStore) -> None:
    """Who asks is known, or why that cannot be, before anything is counted or answered."""
    scope, view = _scope(), current_app.view_functions.get(request.endpoint or "")
    g.caller, g.refusal, g.guarded = None, None, scope is not None or hasattr(view, _COUNTED)
    if scope is None:
        return
    try:
        g.caller = _caller(settings, keys)
    except (MissingKey, InvalidKey, ForeignHost, ForeignOrigin) as refusal:
        g.refusal = refusal


def _admit() -> None:
    """Raises MissingKey, InvalidKey, MissingScope, ForeignHost or ForeignOrigin."""
    if g.refusal:
        raise g.refusal
    if scope := _scope():
        current_caller().check(scope)


def _scope() -> Scope | None:
    """What this request needs. No such route, a wrong method and OPTIONS are answered without us."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    return needed_scope(current_app.view_functions[request.endpoint], request.method)


def _caller(settings: Settings, keys: KeyStore) -> Caller:
    """A wrong key is refused also where none is needed: its holder would else not find the jobs that it made."""
    if (text := _given_key(settings, keys)) is not None:
        return holder(keys.check(text))
    if _anybody_may(settings, keys):
        if settings.on_loopback:
            check_page(settings, writes=request.method not in _READING)
        return ANYBODY
    raise MissingKey(f'An API key is needed: send it as "{current_dialect().form}" or as "{HEADER}: KEY".')


def _given_key(settings: Settings, keys: KeyStore) -> str | None:
    """None also for one of somebody else's, where nobody needs one and the clients cannot do without."""
    dialect, text = current_dialect(), request.headers.get(HEADER)
    text = dialect.key(request.headers.get("Authorization", "")) if text is None else text
    if text is None:
        return _key_of_page(settings, keys) if dialect is OWN else None
    needless = id_in(text) is None and dialect.keys_unasked and _anybody_may(settings, keys)
    return None if needless else text


def _key_of_page(settings: Settings, keys: KeyStore) -> str | None:
    """The key in the cookie. Browsers share cookies between the ports of a machine, so where nobody needs a key one
    that is not good here counts as none."""
    text = key_in_cookie(writes=request.method not in _READING)
    if text is not None and _anybody_may(settings, keys):
        try:
            keys.check(text)
        except InvalidKey:
            return None
    return text


def _anybody_may(settings: Settings, keys: KeyStore) -> bool:
    return settings.allow_anonymous or (settings.on_loopback and not keys.exist())
