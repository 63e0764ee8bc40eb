"""Which addresses a webhook may call: public ones, and those that the operator allows by WEBHOOK_ALLOW.

Without this a caller could have the server knock at doors that only the server can reach.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from errors import WebhookRefused

FIELD = "webhook_url"
RESOLVING = 5.0  # s that the look-up of a name may take
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"[!-~]{1,2048}")  # as it is sent: ASCII, without spaces
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_HOW = "send an address like https://example.org/hook, of at most 2048 ASCII characters, without user and password"

# By IANA's registries of special-purpose addresses. What `ipaddress` calls global differs between releases of Python.
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
# All else is not given out, or is a way to write or reach IPv4 addresses, and so to private ones.
_GIVEN_OUT = ip_network("2000::/3")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Target:
    """Where a webhook goes. addresses: of ``host``, checked, to be called as they are; path: with the query."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...] = ()

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Addresses:
    """allowed: hosts and networks (a single address is one, too) that may be called although they are not public."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        networks = {entry: network for entry in allowed if (network := _network(entry))}
        self._networks = tuple(networks.values())
        self._hosts = {entry.lower().rstrip(".") for entry in allowed if entry not in networks}

    def target(self, url: str) -> Target:
        """With the addresses that its host has now. Raises WebhookRefused, unless every one of them may be called."""
        found = parse(url)
        try:
            addresses = tuple(dict.fromkeys(resolve(found.host, found.port)))
        except (OSError, UnicodeError):
            addresses = ()
        if not addresses or not all(self._may_call(found.host, address) for address in addresses):
            # One answer for both: callers must not learn which names the server's network knows.
            raise WebhookRefused(
                "The host of webhook_url must have public addresses and no others, or be in WEBHOOK_ALLOW.", field=FIELD
            )
        return Target(found.scheme, found.host, found.port, found.path, addresses)

    def _may_call(self, host: str, text: str) -> bool:
        address = ip_address(text)
        allowed = any(address in network for network in self._networks)
        return allowed or is_public(address) or host.rstrip(".") in self._hosts


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it as well."""
    given_out = address.version == 4 or address in _GIVEN_OUT
    return given_out and not any(address in network for network in _NOT_PUBLIC)


def parse(url: str) -> Target:
    """Without addresses. Raises WebhookRefused for what is no address, or one that is not called."""
    try:
        if not _URL.fullmatch(url):
            raise ValueError
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]  # KeyError: another scheme
        if parts.port == 0 or "@" in parts.netloc or not _HOST.fullmatch(parts.hostname or ""):
            raise ValueError
    except (ValueError, KeyError):
        raise WebhookRefused(f"webhook_url cannot be called: {_HOW}.", field=FIELD) from None
    return Target(parts.scheme, parts.hostname or "", port, _path(parts))


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, now. Raises OSError, also when that takes longer than RESOLVING."""
    return _in_time(lambda: [str(found[4][0]) for found in _look_up(host, port)])


def _look_up(host: str, port: int) -> Sequence[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _in_time(work: Callable[[], Sequence[str]]) -> Sequence[str]:
    """The system's resolver cannot be told to hurry; its thread is left behind and ends when the resolver does."""
    answers = list[Sequence[str] | Exception]()

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(RESOLVING)
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


def _network(entry: str) -> Any:
    try:
        return ip_network(entry)
    except ValueError:
        return None
