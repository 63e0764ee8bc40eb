from __future__ import annotations

import pytest

from commands.session import open_session
from errors import DiarizationError, WorkerFailed
from pipeline.types import Options
from settings import load_settings


def test_one_load_serves_many_files(processor, recording):
    with open_session(load_settings()) as session:
        spoken = [session.transcribe(recording(name), Options(), name).duration for name in ("a.wav", "b.wav")]
        assert session.models == {"words": "fake"}
    assert spoken == [1.0, 1.0]
    assert processor.loads == ["auto"]


def test_known_errors_pass_and_unknown_ones_lose_their_message(processor, recording):
    with open_session(load_settings()) as session:
        with pytest.raises(WorkerFailed):
            session.transcribe(recording("broken.wav"), Options(), "broken")
        with pytest.raises(DiarizationError, match="Unexpected error: OSError"):
            session.transcribe(recording("odd.wav"), Options(), "odd")


def test_no_temporary_file_is_left(processor, recording, tmp_path):
    with open_session(load_settings()) as session:
        session.transcribe(recording("a.wav"), Options(), "a")
        with pytest.raises(WorkerFailed):
            session.transcribe(recording("broken.wav"), Options(), "broken")
    assert list((tmp_path / "temp").glob("run-*")) == []
