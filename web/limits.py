"""How many requests a minute one caller may make: the holder of a key, or without one an address.

Counted in this process, which is the only one that serves. Who comes without a key from this very machine is not
counted, nor is what needs no key: a program that asks for the status must always get it.
"""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RateLimitExceeded
from werkzeug.middleware.proxy_fix import ProxyFix

from errors import RateLimited
from settings import Settings
from web.errors import answer

_NETWORK = 64  # bits: of IPv6 addresses everybody has that many of their own


def register_limits(app: Flask, settings: Settings) -> None:
    """Who asks must be known by then: ``g.caller``, None for one who will be turned away."""
    if settings.trusted_proxies:
        trusted = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # https, for the links
    if settings.rate_limit:
        limits = [f"{settings.rate_limit}/minute"]
        limiter = Limiter(counted_as, application_limits=list(limits), storage_uri="memory://")
        limiter.request_filter(_not_counted)
        limiter.init_app(app)
        app.register_error_handler(RateLimitExceeded, lambda _: _refuse(limiter))


def _refuse(limiter: Limiter) -> Response:
    limit = limiter.current_limit
    seconds = max(1, math.ceil(limit.reset_at - time.time())) if limit else 60
    return answer(RateLimited("Too many requests; try again later.", retry_after=seconds))


def _not_counted() -> bool:
    return not g.guarded or ((not g.caller or not g.caller.id) and _is_own(request.remote_addr or ""))


def counted_as() -> str:
    """Who makes this request: the id of a key, or :func:`network` without one."""
    return g.caller.id if g.caller and g.caller.id else network(request.remote_addr or "unknown")


def network(address: str) -> str:
    """What one client is taken to have for itself: an IPv4 address, or a network of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:  # a proxy wrote something else
        return address[:64]
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(IPv6Address(int(parsed) >> _NETWORK << _NETWORK))
    return address


def _is_own(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
