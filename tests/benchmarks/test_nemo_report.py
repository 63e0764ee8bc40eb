"""The tables, from runs with known figures."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from benchmarks.comparison import Comparison, Growth
from benchmarks.floor import Floor, counted
from benchmarks.nemo_report import Measured, Pair, growth_summary, pair_table, to_dict
from benchmarks.recordings import Recording
from benchmarks.rounds import Run

MEGABYTE = 1024**2
FLOOR = Floor(
    {"float32": 1e9, "bfloat16": 2e9},
    {"ctc": {"words": ("bfloat16", 5e7)}, counted("ctc", "exact"): {"words": ("float32", 5e7)}},
)


@pytest.fixture
def comparison(run_of: Callable[..., Run], record: Callable[..., Recording]) -> Comparison:
    ours, theirs = run_of("ours", 2.0, peak=500 * MEGABYTE), run_of("theirs", 8.0, peak=900 * MEGABYTE)
    return Comparison([(ours, theirs), (ours, theirs)], [record("talk", seconds=10.0)])


def test_the_table_says_how_near_the_floor_each_side_is(comparison: Comparison) -> None:
    lines = pair_table(Pair("ctc", "fast", comparison), FLOOR).splitlines()
    assert lines[1].split() == ["ours", "words", "1.00", "0.25", "25", "%", "0.00"]
    assert lines[2].split() == ["theirs", "words", "4.00", "0.50", "12", "%", "0.00"]
    assert "ours is 4.00 (4.00-4.00) times as fast as theirs" in lines[-1]
    assert "peak 500 beside 900 MB" in lines[-1]
    assert "(10 and 10 s spoken)" in lines[-1]


def test_what_was_not_counted_has_no_share(comparison: Comparison) -> None:
    lines = pair_table(Pair("tdt", "fast", comparison), FLOOR).splitlines()
    assert lines[1].split() == ["ours", "words", "1.00", "-", "-", "-"]


@pytest.mark.parametrize("part", ["voices", "tdt"])
@pytest.mark.parametrize("precision", ["fast", "exact"])
def test_nemo_is_held_to_the_floor_of_exact(part: str, precision: str, comparison: Comparison) -> None:
    pair = Pair(part, precision, comparison)
    assert pair.floors == (pair.name, Pair(part, "exact", comparison).name)


def test_nemo_beside_fast_is_held_to_the_floor_of_exact(comparison: Comparison) -> None:
    floor = Floor({"float32": 1e9}, {"exact": {"words": ("float32", 2e8)}, "fast": {"words": ("float32", 5e7)}})
    lines = pair_table(Pair("voices", "fast", comparison), floor).splitlines()
    assert lines[1].split()[3] == "0.50"
    assert lines[2].split()[3] == "2.00"


def test_growth_is_the_last_over_the_first(run_of: Callable[..., Run]) -> None:
    short = run_of("fast", 1.0, duration=60.0, peak=500 * MEGABYTE)
    long = run_of("fast", 3.0, duration=180.0, peak=600 * MEGABYTE)
    assert growth_summary("fast", Growth([[short], [long]])) == (
        "fast: at 3 minutes 1.20 times the memory of 1 minutes"
    )


def test_unknown_memory_is_said(run_of: Callable[..., Run]) -> None:
    assert "unknown" in growth_summary("fast", Growth([[run_of("fast", 1.0)]]))


def test_the_data_hold_every_run(comparison: Comparison, run_of: Callable[..., Run]) -> None:
    growth = {"ctc": Growth([[run_of("ours", 1.0)]])}
    measured = Measured({"cores": 2}, "tiny", FLOOR, {"ctc": Pair("ctc", "fast", comparison)}, growth)
    data = json.loads(json.dumps(to_dict(measured)))
    assert data["pairs"]["ctc"]["ratio"]["median"] == 4.0
    assert len(data["pairs"]["ctc"]["rounds"]) == 2
    assert data["growth"]["ctc"][0][0]["works"][0]["wall"] == 1.0
