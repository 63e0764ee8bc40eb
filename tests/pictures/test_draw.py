from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pictures import draw, studio
from pictures.order import Order


class Output:
    def __init__(self) -> None:
        self.buffer = io.BytesIO()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    """run(wav, order): the status and the output."""

    def run(wav: Path, order: dict[str, Any]) -> tuple[int, bytes]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"wav": str(wav), "order": order})))
        monkeypatch.setattr(sys, "stdout", output := Output())
        return draw.main(), output.buffer.getvalue()

    return run


def test_a_request_becomes_a_picture(run, meeting: Path) -> None:
    status, made = run(meeting, Order("waveform").to_dict())
    assert (status, made[:5]) == (0, b"<?xml")


def test_a_recording_that_is_gone_is_told_apart(run, tmp_path: Path) -> None:
    assert run(tmp_path / "audio.wav", Order("mel").to_dict()) == (draw.GONE, b"")
    assert draw.GONE == studio.GONE


def test_a_fault_is_told_without_what_it_quotes(run, meeting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, made = run(meeting, Order("speakers").to_dict() | {"turns": [{"speaker": "hunter2", "start": 5, "end": 1}]})
    assert (status, made) == (1, b"")
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "hunter2" not in said
