from __future__ import annotations

import socket

from tests.fakes import wait_until
from web.client import has_gone


def test_a_client_is_there_until_it_hangs_up() -> None:
    ours, theirs = socket.socketpair()
    assert not has_gone(ours)
    theirs.send(b"more to come")
    assert not has_gone(ours)
    ours.recv(100)
    theirs.close()
    wait_until(lambda: has_gone(ours))
    ours.close()
    assert has_gone(ours)
    assert not has_gone(None)
