from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

import pipeline.lanes
from pipeline.lanes import MOST, Lanes, cores, cpu_lanes


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_order(count: int) -> None:
    lanes = Lanes(count)
    assert list(lanes.map(lambda a, b: a - b, [5, 7, 9], [1, 2, 3])) == [4, 5, 6]
    assert list(lanes.map(str, [])) == []


def test_lanes_work_at_the_same_time() -> None:
    """Each waits for the others, so fewer of them would never get done."""
    meeting = threading.Barrier(3, timeout=10)
    assert sorted(Lanes(3).map(lambda _: meeting.wait(), range(3))) == [0, 1, 2]


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_reaches_the_caller_and_the_lanes_go_on(count: int) -> None:
    lanes = Lanes(count)
    with pytest.raises(ZeroDivisionError):
        list(lanes.map(lambda x: 1 // x, [1, 0, 1]))
    assert list(lanes.map(abs, [-1])) == [1]


def test_one_lane_works_only_when_asked() -> None:
    done: list[int] = []
    results: Iterator[None] = Lanes().map(done.append, [1, 2])
    assert done == []
    next(results)
    assert done == [1]


def test_threads_are_shared_out_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)))
    monkeypatch.setattr(pipeline.lanes, "_QUOTA", Path("nowhere"))
    assert cores() == 6
    shares = {
        threads: (lanes.count, lanes.threads) for threads in (0, 1, 2, 7, 12, 33) for lanes in [cpu_lanes(threads)]
    }
    assert shares == {0: (3, 2), 1: (1, 1), 2: (2, 1), 7: (3, 2), 12: (MOST, 3), 33: (3, 11)}


@pytest.mark.parametrize(
    ("quota", "number"), [("max 100000", 6), ("150000 100000", 2), ("900000 100000", 6), ("1 9", 1)]
)
def test_a_containers_quota_counts(quota: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    monkeypatch.setattr(pipeline.lanes, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)))
    assert cores() == number


@pytest.fixture
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_one_thread")
def test_as_one_all_threads_share_what_cannot_be_parted() -> None:
    lanes = Lanes(2, 3)
    with lanes.as_one():
        assert torch.get_num_threads() == 6
        with Lanes().as_one():
            assert torch.get_num_threads() == 6, "whoever has more keeps them"
    assert torch.get_num_threads() == 1
    assert list(lanes.map(lambda _: torch.get_num_threads(), range(2))) == [3, 3], "and a lane keeps its own"


@pytest.mark.usefixtures("_one_thread")
def test_as_one_ends_with_an_error_too() -> None:
    with suppress(ZeroDivisionError), Lanes(2).as_one():
        raise ZeroDivisionError
    assert torch.get_num_threads() == 1
