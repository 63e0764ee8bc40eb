from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.recordings import Recording
from benchmarks.served import post_job, run
from benchmarks.status import Server, Unanswered, local_session, serving
from tests.benchmarks.test_status import fake


def test_a_job_is_posted_and_a_recording_that_is_refused_is_none(
    record: Callable[..., Recording], tmp_path: Path
) -> None:
    notes = tmp_path / "notes.wav"
    notes.write_text("milk, bread")
    with serving(tmp_path, fake()) as server:
        job = post_job(server, record("audio").wav)
        assert local_session().get(job).json()["id"] == job.rpartition("/")[2]
        with pytest.raises(Unanswered, match="/jobs answered 415"):
            post_job(server, notes)


def test_the_recordings_are_joined_to_the_length_that_was_asked_for(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def report(server: Server, recording: Path) -> str:
        return str(local_session().get(post_job(server, recording)).json()["duration"])

    monkeypatch.setattr("sys.argv", ["live", str(record("audio").wav), "--minutes", "0.05"])
    assert run("live", "about", report, fake()) == 0
    assert "0.05 minutes: 3.0\n" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["live", "no such file"])
    assert run("live", "about", report, fake()) == 1
    assert "error: " in capsys.readouterr().err
