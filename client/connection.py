"""Requests that are made again where that is safe, and what a call may raise: texts without a key or anything said."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

_REFUSED = (429, 503)  # nothing was done: Retry-After says when to come again
_BETWEEN = (502, 504)  # a proxy's, and nobody knows what was done
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_FIRST, _LONGEST = 0.5, 8.0  # s before another try, where nobody says how long


class ApiError(Exception):
    """The service refused or failed: status of HTTP; code, message, field as docs/api.md has them. The code is
    "unexpected_answer" where it was something else that answered, such as a proxy."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.field = status, code, message, field


class Unreachable(Exception):
    """Nobody answered, or the connection broke off."""


class Connection:
    """key: an API key; timeout: s without a byte; patience: s that a call may spend on waiting to be made again."""

    def __init__(
        self, url: str, key: str | None, timeout: float, patience: float, transport: httpx.BaseTransport | None
    ) -> None:
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"The URL of the service is none: {error}.") from None
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError("The URL of the service must begin with http:// or https:// and name a host.")
        if key and not (key.isascii() and key.isprintable() and key == key.strip()):
            raise ValueError("The API key must be printable ASCII, without spaces around it.")
        self.host, self.timeout, self.patience = address.netloc.decode(), timeout, patience
        headers = {"User-Agent": "nemo-diarization-client"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self.http = httpx.Client(base_url=address, headers=headers, timeout=timeout, transport=transport)

    def request(
        self, method: str, path: str, *, repeatable: bool = False, patience: float | None = None, **given: Any
    ) -> httpx.Response:
        """The answer, read unless ``stream=True``. repeatable: no harm comes of doing it twice, as of a GET.
        Raises ApiError, Unreachable."""
        stream, repeatable, pause = given.pop("stream", False), repeatable or method == "GET", _FIRST
        left = self.patience if patience is None else patience
        while True:
            try:
                response = self.http.send(self.http.build_request(method, path, **given), stream=stream)
                if response.is_success:
                    return response
                response.read()
                failure = _refusal(response)
                again = response.status_code in _REFUSED or (repeatable and response.status_code in _BETWEEN)
                wait = _retry_after(response.headers.get("Retry-After", ""), pause)
            except httpx.RequestError as error:
                failure, wait = lost(error), pause
                again = repeatable or isinstance(error, _NEVER_SENT)
            if not again or wait > left:
                raise failure
            time.sleep(wait)
            left, pause = left - wait, min(2 * pause, _LONGEST)


def lost(error: httpx.RequestError) -> Unreachable:
    host = error.request.url.netloc.decode()
    if isinstance(error, _NEVER_SENT):
        return Unreachable(f"{host} cannot be reached.")
    silent = isinstance(error, httpx.TimeoutException)
    return Unreachable(f"{host} did not answer in time." if silent else f"The connection to {host} broke off.")


def unexpected(response: httpx.Response) -> ApiError:
    host = response.url.netloc.decode()
    message = f"{host} answered {response.status_code}, and not as this service does; check the URL."
    return ApiError(response.status_code, "unexpected_answer", message)


def _refusal(response: httpx.Response) -> ApiError:
    try:
        error = response.json()["error"]
        return ApiError(response.status_code, error["code"], error["message"], error["field"])
    except (ValueError, LookupError, TypeError):
        return unexpected(response)


def _retry_after(header: str, otherwise: float) -> float:
    """In seconds; the header may have a date."""
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return otherwise
