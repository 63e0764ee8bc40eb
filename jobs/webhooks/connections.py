"""Connections to checked addresses that end in time: each after its limit, all of them when the service stops."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from jobs.webhooks.addresses import Target


class Connections:
    """Certificates are checked against the system's authorities, or SSL_CERT_FILE's."""

    def __init__(self) -> None:
        self._tls = ssl.create_default_context()
        self._lock = threading.Lock()
        self._open = set[socket.socket]()
        self.closed = False

    @contextmanager
    def to(self, target: Target, seconds: float) -> Iterator[socket.socket]:
        """A connection to one of the target's addresses; for https, to whoever proves to be its host.

        It breaks after ``seconds``, whatever is read meanwhile: a socket's own timeout starts anew with each byte.
        Raises OSError; TimeoutError for everything that goes wrong after that time.
        """
        end = time.monotonic() + seconds
        try:
            with ExitStack() as opened:
                sock = self._first(target, end, opened)
                if target.scheme == "https":
                    secured = self._tls.wrap_socket(sock, server_hostname=target.host.rstrip("."))
                    sock = opened.enter_context(secured)
                yield sock
        except Exception as error:
            if time.monotonic() >= end:
                raise TimeoutError from error
            raise

    def close(self) -> None:
        """Break them all, and every later one."""
        with self._lock:
            self.closed = True
            for sock in self._open:
                _break(sock)

    def _first(self, target: Target, end: float, opened: ExitStack) -> socket.socket:
        """To the first of the addresses that takes it, each of which has its share of the time."""
        error = OSError()
        for left, address in zip(range(len(target.addresses), 0, -1), target.addresses, strict=True):
            share = (end - time.monotonic()) / left
            with ExitStack() as attempt:
                sock = attempt.enter_context(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
                attempt.enter_context(self._breaking(sock, end))
                try:
                    sock.settimeout(max(0.001, share))
                    sock.connect((address, target.port))
                except OSError as failure:
                    error = failure
                    continue
                if self.closed:
                    break
                sock.settimeout(max(0.001, end - time.monotonic()))
                opened.enter_context(attempt.pop_all())
                return sock
        raise error

    @contextmanager
    def _breaking(self, sock: socket.socket, end: float) -> Iterator[None]:
        with sock.dup() as handle:  # TLS takes the socket over; what is done to one handle holds for all
            timer = threading.Timer(max(0.0, end - time.monotonic()), _break, [handle])
            timer.daemon = True
            with self._lock:
                self._open.add(handle)
            timer.start()
            try:
                yield
            finally:
                timer.cancel()
                with self._lock:
                    self._open.discard(handle)


def _break(sock: socket.socket) -> None:
    with suppress(OSError):  # not connected, or closed already
        sock.shutdown(socket.SHUT_RDWR)
