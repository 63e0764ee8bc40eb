"""The files that the benchmark measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.random_models import VOICES, main, save_models


def test_only_what_is_asked_for_is_made(tmp_path: Path) -> None:
    save_models(tmp_path, "tiny", ["ctc"])
    assert {file.name for file in tmp_path.iterdir()} == {"ctc.nemo"}


def test_the_command_makes_the_voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["random_models", str(tmp_path), "--sizes", "tiny", "--parts", VOICES])
    main()
    assert {file.name for file in tmp_path.iterdir()} == {"titanet.nemo", "window_vad.nemo", "frame_vad.nemo"}
