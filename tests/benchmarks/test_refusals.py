"""Many clients of a full queue: the real server, over models that only pretend."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import refusals
from benchmarks.recordings import Recording
from benchmarks.refusals import Figures, describe, main
from benchmarks.status import Server
from tests.benchmarks.test_status import fake


def test_refusals_are_timed_and_nothing_accepted_is_lost(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("MAX_QUEUE", "RATE_LIMIT"):
        monkeypatch.setenv(name, "")
    file = str(record("long").wav)
    command = ["refusals", file, "--clients", "10", "--seconds", "2", "--pause", "0.3", "--minutes", "0.05"]
    monkeypatch.setattr("sys.argv", command)
    assert main(fake("load_dawdling")) == 0
    told = capsys.readouterr().out
    assert "10 clients, " in told
    assert "other answers 0\n" in told
    assert "accepted before 5, of these lost 0" in told


def asked(port: int, times: int = 1) -> Figures:
    """What clients find at a port where no server answers."""
    figures = Figures(clients=1)
    for _ in range(times):
        refusals._ask(Server(f"http://127.0.0.1:{port}", os.getpid(), Path()), b"GET / HTTP/1.1\r\n\r\n", figures)
    return figures


def test_clients_that_cannot_come_in_or_hang_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes connections, and nobody answers
        port = silent.getsockname()[1]
        hanging = asked(port, times=2)
    assert "1 clients, 0 refusals; other answers 2 (TimeoutError 2)\n" in describe(hanging)
    assert "other answers 1 (ConnectionRefusedError 1)\n" in describe(asked(port))
