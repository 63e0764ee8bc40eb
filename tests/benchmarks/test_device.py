"""The command on a CPU with tiny models; what only a GPU tells, with torch's answers scripted."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks import device
from benchmarks.device import Row, Watch, floors, main, table
from benchmarks.random_models import VOICES
from tests.media import SAMPLE


def test_the_table_has_speed_and_share_of_the_floor() -> None:
    rows = [Row("voices", 10.0, 30.0, 6.0, 0.85, 2 * 1024**2), Row("ctc", 180.0, 60.0, 30.0, None, None)]
    lines = [line.split() for line in table(rows).splitlines()[1:]]
    assert lines[0] == ["voices", "10", "30.0", "20", "20", "%", "85", "%", "2"]
    assert lines[1] == ["ctc", "180", "60.0", "180", "50", "%", "-", "-"]


def test_a_cpu_tells_neither_load_nor_memory() -> None:
    with Watch("cpu") as watch:
        pass
    assert (watch.busy, watch.memory) == (None, None)


def test_a_gpu_is_looked_at_all_the_while(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = iter([100, 50, *[0] * 1000])
    monkeypatch.setattr(device, "_EVERY", 0.01)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _: 7)
    monkeypatch.setattr(torch.cuda, "utilization", lambda _: next(loads))
    with Watch("cuda:0") as watch:
        time.sleep(0.2)
    assert watch.memory == 7
    assert watch.busy is not None
    assert 0 < watch.busy < 0.8


def test_a_driver_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> int:
        raise ModuleNotFoundError("nvidia-ml-py does not seem to be installed")

    monkeypatch.setattr(device, "_EVERY", 0.01)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
    monkeypatch.setattr(torch.cuda, "utilization", missing)
    with Watch("cuda") as watch:
        time.sleep(0.05)
    assert watch.busy is None


def test_a_floor_is_the_operations_over_the_rate(
    random_models: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[torch.dtype] = []
    monkeypatch.setattr(device, "matrix_rate", lambda dtype, where: asked.append(dtype) or 1e9)
    on_cpu = floors(random_models, clip, ("ctc",), "cpu")
    assert asked == [torch.float32, torch.bfloat16]
    monkeypatch.setattr(device, "matrix_rate", lambda dtype, where: asked.append(dtype) or 2e9)
    on_cuda = floors(random_models, clip, ("ctc",), "cuda")
    for name in (VOICES, "ctc"):
        assert on_cpu[name] == pytest.approx(2 * on_cuda[name])
        assert on_cpu[name] > 0
    monkeypatch.setattr(device, "matrix_rate", lambda dtype, where: 4e9 if dtype == torch.bfloat16 else 2e9)
    assert floors(random_models, clip, ("ctc",), "cuda")["ctc"] == pytest.approx(on_cuda["ctc"] / 2), "in halves there"


def test_the_command_prints_every_length_and_batch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = "--device cpu --sizes tiny --minutes 0.1 0.2 --kinds tdt --batches 3"
    monkeypatch.setattr(sys, "argv", ["device", str(SAMPLE), *given.split()])
    assert main() == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows if row[0] in (VOICES, "tdt")] == [
        [VOICES, "0.1"], [VOICES, "0.2"], ["tdt", "0.1"], ["tdt", "0.2"]
    ]  # fmt: skip
    assert [row[:5] for row in rows if row[0] == "tdt,"] == [["tdt,", "3", "s", "at", "once"]]


def test_a_file_that_is_no_audio_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["device", __file__, "--device", "cpu"])
    assert main() == 1
    assert capsys.readouterr().err.startswith("error: ")
