"""Which page in a browser a request comes from, and which pages on this machine may call where nobody needs a key.

A page from anywhere can have its own name resolve to this machine and read the answers as its own (DNS rebinding), or
send forms here without reading them. Whoever holds a key is safe from both: no page knows it.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request

from errors import ForeignHost, ForeignOrigin
from settings import Settings

_PORTS = {"http": 80, "https": 443}


def check_page(settings: Settings, *, writes: bool) -> None:
    """Raises ForeignHost, and ForeignOrigin for a request that ``writes``. What is no browser sends no Origin."""
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host is not None and not _is_known(_place(host)[0], settings):
        raise ForeignHost("Without an API key, only a name of this machine is answered, or one in ALLOWED_HOSTS.")
    if writes and origin is not None and not _is_own(origin, host or "") and not _is_allowed(origin, settings):
        raise ForeignOrigin("Without an API key, only pages of this server may send this, and those in CORS_ORIGINS.")


def is_from_own_page() -> bool | None:
    """Whether a page of this server sent this request, or the person at the browser; None: nothing tells. A page on
    another port or of a sibling name is another's."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site in ("same-origin", "none")
    return None if origin is None else _is_own(origin, request.headers.get("Host") or "")


def _is_known(name: str, settings: Settings) -> bool:
    if name == "localhost" or name.endswith(".localhost") or name in settings.further_hosts:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _is_own(origin: str, host: str) -> bool:
    """Whatever the scheme: a proxy in front may speak TLS."""
    scheme, _, place = origin.partition("://")
    (name, port), (own_name, own_port) = _place(place), _place(host)
    usual = _PORTS.get(scheme)
    return bool(name) and (name, port or usual) == (own_name, own_port or usual)


def _is_allowed(origin: str, settings: Settings) -> bool:
    allowed = [entry.lower() for entry in settings.allowed_origins]
    return "*" in allowed or origin.lower() in allowed


def _place(text: str) -> tuple[str, int | None]:
    """The name and the port of "name:port"; the name is empty where that is nothing of the kind."""
    try:
        parts = urlsplit(f"//{text}")
        return (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return "", None
