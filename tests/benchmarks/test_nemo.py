"""The whole benchmark with tiny models, and its command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import benchmarks.nemo
from benchmarks.nemo import Plan, main, run
from benchmarks.recordings import Recording
from benchmarks.rounds import ContenderFailed
from tests.media import SAMPLE


def test_everything_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Real processes, tiny models."""
    monkeypatch.setattr(benchmarks.nemo, "COUNTED", 5.0)
    monkeypatch.setattr(benchmarks.nemo, "WARMUP", 3.0)
    measured = run(Plan([SAMPLE], ("voices", "ctc"), "tiny", 5.0, 1, (0.1,)), threads=1)
    assert set(measured.pairs) == {"fast", "exact", "ctc", "ctc, exact"}
    assert set(measured.growth) == {"fast", "ctc", "service, ctc"}
    assert measured.pairs["fast"].comparison.pairs[0][1] is measured.pairs["exact"].comparison.pairs[0][1]
    assert measured.pairs["ctc"].comparison.names == ("recogniser", "transcribe")
    assert measured.pairs["ctc, exact"].comparison.names == ("recogniser_exact", "transcribe")
    printed = capsys.readouterr().out
    assert "fast is" in printed
    for name in ("fast", "recogniser", "service"):
        assert f"How time and memory of {name} grow" in printed


def test_the_command_passes_its_options_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record: Callable[..., Recording]
) -> None:
    plans: list[tuple[Plan, int]] = []
    monkeypatch.setattr(benchmarks.nemo, "run", lambda plan, threads: plans.append((plan, threads)))
    monkeypatch.setattr(benchmarks.nemo, "to_dict", lambda measured: {"measured": True})
    talk, data = record("talk"), tmp_path / "figures.json"
    given = ["--parts", "tdt", "--sizes", "real", "--seconds", "9", "--minutes", "3", "1", "--threads", "1"]
    monkeypatch.setattr("sys.argv", ["nemo", str(talk.wav), "--json", str(data), *given])
    assert main() == 0
    assert plans == [(Plan([talk.wav], ["tdt"], "real", 9.0, 2, [1.0, 3.0]), 1)]
    assert json.loads(data.read_text()) == {"measured": True}


def test_a_side_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise ContenderFailed("out of memory")

    monkeypatch.setattr(benchmarks.nemo, "run", fail)
    monkeypatch.setattr("sys.argv", ["nemo"])
    assert main() == 1
    assert "error: out of memory" in capsys.readouterr().err


def test_a_tool_that_fails_leaves_its_last_words() -> None:
    with pytest.raises(ContenderFailed, match="invalid choice: 'huge'"):
        benchmarks.nemo._tool("random_models", "nowhere", "--sizes", "huge")
