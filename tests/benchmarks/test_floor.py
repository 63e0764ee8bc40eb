"""Operations counted against those worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import benchmarks.floor
from benchmarks.floor import Floor, counted, diarization, main, matrix_rate, operations, read_floor, transcription


@pytest.fixture
def _torchs_threads() -> Iterator[None]:
    """Put back for the tests that follow, also after a failure."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_matrix_product_is_counted() -> None:
    a, b = torch.ones(3, 5), torch.ones(5, 7)
    assert operations(lambda: a @ b) == 2 * 3 * 5 * 7


def test_a_layer_counts_in_inference_mode_too() -> None:
    layer = torch.nn.Linear(5, 7)

    def work() -> None:
        with torch.inference_mode():
            layer(torch.ones(3, 5))

    assert operations(work) == 2 * 3 * 5 * 7


def test_the_rate_is_operations_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(benchmarks.floor, "time", SimpleNamespace(perf_counter=lambda: next(clock) * 0.5))
    assert matrix_rate(torch.float32, side=8) == 2 * 8**3 / 0.5


def test_frames_cost_less_than_windows_and_voices_the_same(random_models: Path, clip: Path) -> None:
    work = diarization(random_models, clip)
    assert work["fast"]["voices"] == work["exact"]["voices"]
    assert 0 < work["fast"]["speech"][1] < work["exact"]["speech"][1]


def test_a_stage_without_a_count_has_no_floor() -> None:
    floor = Floor({"float32": 1e9}, {"fast": {"voices": ("float32", 2e9)}})
    assert floor.seconds("fast", "voices") == 2.0
    assert floor.seconds("fast", "clustering") is None
    assert floor.seconds("nemo", "voices") is None


def test_a_side_is_named_by_its_part_and_precision() -> None:
    assert [counted("voices", precision) for precision in ("fast", "exact")] == ["fast", "exact"]
    assert [counted("ctc", precision) for precision in ("fast", "exact")] == ["ctc", "ctc, exact"]


def test_words_cost_something(random_models: Path, clip: Path) -> None:
    assert transcription(random_models, clip, "tdt")["words"][1] > 1e6


@pytest.mark.usefixtures("_torchs_threads")
def test_the_command_writes_what_is_read_back(
    random_models: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks.floor, "_PERIOD", 0.01)
    given = ["floor", str(clip), str(tmp_path / "floor.json"), "--models", str(random_models), "--threads", "1"]
    monkeypatch.setattr("sys.argv", [*given, "--kinds", "ctc"])
    main()
    floor = read_floor(tmp_path / "floor.json")
    assert set(floor.rates) == {"float32", "bfloat16"}
    assert set(floor.work) == {"ctc", counted("ctc", "exact")}
    assert (floor.seconds("ctc", "words") or 0) > 0
    dtype, count = floor.work[counted("ctc", "exact")]["words"]
    assert (dtype, count) == ("float32", floor.work["ctc"]["words"][1])
