from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from jobs.webhooks.addresses import Target
from jobs.webhooks.connections import Connections
from tests.fakes import IN_TIME, wait_until


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def target(listener: socket.socket) -> Target:
    return Target("http", "a", listener.getsockname()[1], "/", ("127.0.0.1",))


def test_addresses_are_tried_in_turn(listener: socket.socket, target: Target) -> None:
    """Nobody listens at the first."""
    with Connections().to(replace(target, addresses=("::1", "127.0.0.2", "127.0.0.1")), IN_TIME) as sock:
        assert sock.getpeername() == ("127.0.0.1", target.port)


def test_the_last_refusal_is_told(target: Target) -> None:
    with pytest.raises(ConnectionRefusedError), Connections().to(replace(target, addresses=("127.0.0.2",)), IN_TIME):
        pass


def test_a_connection_ends_in_time_however_busy_it_is(listener: socket.socket, target: Target) -> None:
    def drip() -> None:
        peer, _ = listener.accept()
        with peer:
            try:
                while True:
                    peer.send(b"x")
                    time.sleep(0.02)
            except OSError:
                pass

    threading.Thread(target=drip, daemon=True).start()

    def read_on() -> None:
        with Connections().to(target, 0.3) as sock:
            while sock.recv(1):
                pass
            raise ConnectionError

    with pytest.raises(TimeoutError):
        read_on()


def test_a_handshake_ends_in_time(target: Target) -> None:
    """The listener takes the connection and never says a word."""
    with pytest.raises(TimeoutError), Connections().to(replace(target, scheme="https"), 0.2):
        pass


def test_what_fails_before_its_time_keeps_its_name(target: Target) -> None:
    with pytest.raises(ZeroDivisionError), Connections().to(target, IN_TIME):
        raise ZeroDivisionError


def test_closing_breaks_them_all_and_lets_none_through(listener: socket.socket, target: Target) -> None:
    connections = Connections()
    connected = threading.Event()

    def read() -> bytes:
        with connections.to(target, IN_TIME) as sock:
            connected.set()
            return sock.recv(1)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert connected.wait(IN_TIME)
        assert not reading.done()
        connections.close()
        wait_until(reading.done, seconds=5)
    with pytest.raises(OSError), connections.to(target, IN_TIME):  # noqa: PT011
        pass
