"""The other end of a connection that is held open."""

from __future__ import annotations

import socket


def has_gone(client: socket.socket | None) -> bool:
    """client: ``gunicorn.socket`` of the request's environment; without one nobody knows."""
    if client is None:
        return False
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
