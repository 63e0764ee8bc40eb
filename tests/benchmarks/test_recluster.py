"""Another number of speakers, timed: the real server, over models that only pretend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.recluster import COUNTS, describe, main, measure
from benchmarks.recordings import Recording
from benchmarks.status import Unanswered, serving
from tests.benchmarks.test_status import fake


def test_every_count_is_timed_and_once_beside_another_job(record: Callable[..., Recording], tmp_path: Path) -> None:
    with serving(tmp_path, fake()) as server:
        figures = measure(server, record("slow-1").wav)
    assert figures.job > 1
    assert [(count, found) for count, _, found in figures.again] == [(count, count or 1) for count in COUNTS]
    assert all(0 < seconds < 60 for _, seconds, _ in figures.again)
    assert 0 < figures.beside < 60
    assert "8: " in describe(figures)


def test_a_job_that_fails_is_no_measurement(record: Callable[..., Recording], tmp_path: Path) -> None:
    with serving(tmp_path, fake()) as server, pytest.raises(Unanswered, match="failed, not done"):
        measure(server, record("fault").wav)


def test_the_command_joins_and_reports(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["recluster", str(record("audio").wav), "--minutes", "0.05"])
    assert main(fake()) == 0
    assert "0.05 minutes: the whole job" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["recluster", "no such file"])
    assert main(fake()) == 1
