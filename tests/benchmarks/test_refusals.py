"""Many clients of a full queue: the real server, over models that only pretend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.recordings import Recording
from benchmarks.refusals import main
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
