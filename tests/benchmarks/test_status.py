"""/status asked for while a recording is processed: the real server, over models that only pretend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import benchmarks.status
from benchmarks.recordings import Recording
from benchmarks.status import Figures, Unanswered, describe, main, measure, serving

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux /proc")

MEGABYTE = 1024**2


def fake(factory: str = "load") -> tuple[str, ...]:
    return sys.executable, "-m", "tests.live_server", f"tests.fakes:{factory}"


def test_every_answer_during_the_job_is_timed(record: Callable[..., Recording], tmp_path: Path) -> None:
    busy = record("busy-1").wav
    with serving(tmp_path, fake()) as server:
        figures = measure(server, busy)
    assert figures.took > 1
    assert len(figures.answers) > 5
    assert 0 < sum(figures.answers) <= figures.took
    assert set(figures.peaks) == {"web process", "model worker"}
    assert all(size > 10 * MEGABYTE for size in figures.peaks.values())


def test_a_recording_that_is_refused_is_no_measurement(tmp_path: Path) -> None:
    notes = tmp_path / "notes.wav"
    notes.write_text("milk, bread")
    with serving(tmp_path, fake()) as server, pytest.raises(Unanswered, match=r"/diarize answered \['415'\]"):
        measure(server, notes)


def test_a_status_that_fails_ends_the_measurement_and_not_the_patience(
    record: Callable[..., Recording], tmp_path: Path
) -> None:
    """The worker dies of the recording and cannot load its models again, so both routes answer 503."""
    with serving(tmp_path, fake("load_once")) as server, pytest.raises(Unanswered, match="503"):
        measure(server, record("crash").wav)


def test_a_server_that_ends_is_told_with_its_log(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no such port')")
    with pytest.raises(Unanswered, match="no such port"), serving(tmp_path, command):
        pass


def test_models_that_never_load_are_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.status, "READY_WITHIN", 3.0)
    with pytest.raises(Unanswered, match="not ready"), serving(tmp_path, fake("load_faulty")):
        pass


def test_the_figures_in_words() -> None:
    answers = (*[0.002] * 99, 0.04)
    told = describe(Figures(answers, 12.0, {"web process": 60 * MEGABYTE, "model worker": 900 * MEGABYTE}))
    assert told.splitlines()[0].startswith("/status, 100 answers in 12 s of work: median 2.0 ms, 99 of 100 within ")
    assert "slowest 40.0 ms" in told
    assert told.splitlines()[1] == "peak memory: web process 60 MB, model worker 900 MB"


def test_the_command_joins_what_it_is_given(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks.status, "serving", lambda folder: serving(folder, fake()))
    monkeypatch.setattr("sys.argv", ["status", str(record("talk", seconds=3.0).wav), "--minutes", "0.1"])
    assert main() == 0
    assert "answers in" in capsys.readouterr().out


def test_what_is_no_audio_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.wav").write_text("milk, bread")
    monkeypatch.setattr("sys.argv", ["status", str(tmp_path / "notes.wav")])
    assert main() == 1
    assert capsys.readouterr().err.count("\n") == 1
