"""One attempt to deliver a webhook: a signed POST to exactly the address that was checked.

No redirect is followed, no proxy of the environment asked: both would lead to addresses that nobody checked.
"""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from errors import WebhookRefused
from jobs.webhooks.addresses import Addresses, Target
from jobs.webhooks.connections import Connections
from jobs.webhooks.signing import signed_headers

MOST_READ = 4096  # bytes of an answer's body: enough to let the receiver finish, and nobody looks at them
GONE = 410

# The first class that an error is an instance of decides.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (WebhookRefused, "address_refused"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls_failed"),
    (ConnectionRefusedError, "connection_refused"),
    (ConnectionError, "connection_lost"),
    (HTTPException, "bad_answer"),
    (OSError, "unreachable"),
)


class Stopped(Exception):
    """The service stops: nothing is known of this attempt."""


@dataclass(frozen=True)
class Outcome:
    """status: of the answer; error: a short code where there was none."""

    status: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def unwanted(self) -> bool:
        """The receiver wants no more of it."""
        return self.status == GONE


class Sender:
    """key: that signs; timeout: s from the first connection to the end of the answer."""

    def __init__(self, addresses: Addresses, key: bytes, timeout: float) -> None:
        self._addresses, self._key, self._timeout = addresses, key, timeout
        self._connections = Connections()

    def send(self, url: str, id: str, body: bytes) -> Outcome:
        """Raises Stopped."""
        try:
            target = self._addresses.target(url)
            with self._connections.to(target, self._timeout) as sock:
                return Outcome(_post(sock, target, self._headers(id, body), body))
        except tuple(kind for kind, _ in _CODES) as error:
            if self._connections.closed:
                raise Stopped from error
            return Outcome(error=next(code for kind, code in _CODES if isinstance(error, kind)))

    def close(self) -> None:
        """Attempts that are on their way are given up."""
        self._connections.close()

    def _headers(self, id: str, body: bytes) -> dict[str, str]:
        own = {"Content-Type": "application/json", "User-Agent": "nemo-diarization", "Connection": "close"}
        return own | signed_headers(self._key, id, int(time.time()), body)


def _post(sock: socket.socket, target: Target, headers: dict[str, str], body: bytes) -> int:
    """The answer's status."""
    connection = HTTPConnection(target.host, target.port)
    connection.sock = sock
    connection.request("POST", target.path, body, {"Host": target.authority, **headers})
    answer = connection.getresponse()
    with suppress(OSError, HTTPException):  # the status has been heard
        answer.read(MOST_READ)
    return answer.status
