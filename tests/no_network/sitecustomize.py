"""In PYTHONPATH, this folder keeps every Python process on its own machine. NETWORK_LOG names them and what they tried.

An audit hook and not a patch of ``socket``: it also sees calls by C code and through references taken earlier.
"""

from __future__ import annotations

import os
import sys
from typing import Any

# Events of the interpreter -> which of their arguments is the host, or the address.
ASKING = {
    "socket.connect": 1,  # connect_ex too
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in ASKING:
        return
    asked = arguments[ASKING[event]]
    if ASKING[event] and not isinstance(asked, tuple):  # the path of a Unix socket, or a socket that is connected
        return
    host = asked[0] if isinstance(asked, tuple) else asked
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "localhost", "::1") and not str(host).startswith("127."):
        write(f"refused {event} {host}")
        raise OSError(f"{event}: there is no network in this test")


def write(what: str) -> None:
    """One write: lines of several processes stay whole."""
    log = os.open(os.environ["NETWORK_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, f"{os.getpid()} {what}\n".encode())
    os.close(log)


sys.addaudithook(guard)
write("guarded")
