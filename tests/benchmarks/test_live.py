"""The events of a job and its cancelling, timed: the real server, over models that only pretend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.live import Figures, describe, main, measure
from benchmarks.recordings import Recording
from benchmarks.status import serving
from tests.benchmarks.test_status import fake


def test_every_event_is_timed_and_every_stage_that_is_seen_is_cancelled(
    record: Callable[..., Recording], tmp_path: Path
) -> None:
    with serving(tmp_path, fake()) as server:
        figures = measure(server, record("slow-3").wav)
    assert figures.took > 3
    assert sum(figures.gaps) == pytest.approx(figures.took)
    assert 0 < max(figures.gaps) < figures.took
    assert figures.first is not None
    assert figures.cancelled["words"] is not None
    assert figures.cancelled["merge"] is None  # the fake has none
    assert figures.replaced == 0


def test_a_job_that_fails_has_an_end_too(record: Callable[..., Recording], tmp_path: Path) -> None:
    with serving(tmp_path, fake()) as server:
        figures = measure(server, record("fault").wav)
    assert set(figures.cancelled.values()) == {None}


def test_the_report() -> None:
    told = describe(Figures(2.0, (0.5, 0.5, 1.0), 0.5, {"speech": 0.25, "merge": None}, 0))
    assert "3 events in 2.0 s: one after 0.50 s (median)" in told
    assert "all within 1.00 s; the first segments after 0.5 s" in told
    assert "the first segments after none" in describe(Figures(1.0, (1.0,), None, {}, 0))
    assert "speech: 0.25 s\n  merge: over before anybody saw it" in told


def test_the_command_joins_and_reports(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["live", str(record("audio").wav), "--minutes", "0.05"])
    assert main(fake()) == 0
    assert "0.05 minutes: " in capsys.readouterr().out
