"""The figures over rounds and over lengths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.comparison import Comparison, Growth, Spread
from benchmarks.recordings import Recording
from benchmarks.rounds import Run
from tests.benchmarks.conftest import heard

MakeRun = Callable[..., Run]
MakeRecording = Callable[..., Recording]


@pytest.fixture
def comparison(run_of: MakeRun, record: MakeRecording) -> Comparison:
    """Three rounds over two files, of which the first has a reference; in the last round the machine was busy."""
    pairs = [
        (run_of("a", 1.0, 3.0, peak=100), run_of("b", 3.0, 5.0, peak=300, said=heard("we", "meet"))),
        (run_of("a", 1.0, 4.0, peak=200), run_of("b", 3.0, 7.0)),
        (run_of("a", 3.0, 7.0), run_of("b", 10.0, 20.0)),
    ]
    return Comparison(pairs, [record("file0", seconds=10.0, reference=heard()), record("file1")])


def test_ratios_are_those_of_pairs(comparison: Comparison) -> None:
    assert comparison.ratio(lambda run: run.wall) == Spread(median=2.0, low=2.0, high=3.0)
    assert comparison.file_ratio(0).median == 3.0
    assert comparison.ratio(lambda run: run.startup + run.wall).median == pytest.approx(1.5)


def test_real_time_factors(comparison: Comparison) -> None:
    assert comparison.real_time(0) == Spread(median=5 / 20, low=4 / 20, high=10 / 20)
    assert comparison.real_time(1, 0).median == pytest.approx(0.3)
    assert comparison.cpu(0).median == pytest.approx(0.5)


def test_the_peak_is_the_highest_of_all_rounds(comparison: Comparison) -> None:
    assert (comparison.peak(0), comparison.peak(1)) == (200, 300)


def test_scores_are_of_files_with_a_reference(comparison: Comparison) -> None:
    first, second = comparison.scores(1)
    assert second is None
    assert first
    assert first.cpwer
    assert first.cpwer.rate == pytest.approx(3 / 5)
    assert comparison.total(0).cpwer == comparison.scores(0)[0].cpwer  # pyright: ignore
    assert comparison.total(0).der[0.0].rate == 0.0


def test_growth_is_by_the_minute_of_audio(run_of: MakeRun) -> None:
    short = [run_of("a", wall, duration=300.0, peak=1000) for wall in (20.0, 22.0, 30.0)]
    long = [run_of("a", wall, duration=3600.0, peak=6500) for wall in (264.0, 330.0, 288.0)]
    growth = Growth([short, long])
    assert growth.minutes == [5.0, 60.0]
    assert growth.seconds(0).median == pytest.approx(4.4)
    assert growth.relative(0) == 1.0
    assert growth.relative(1) == pytest.approx(4.8 / 4.4)
    assert growth.stage_seconds(1) == {"words": pytest.approx(2.4)}
    assert growth.per_minute(0) is None
    assert growth.per_minute(1) == pytest.approx(100.0)


def test_unknown_memory_stays_unknown(run_of: MakeRun) -> None:
    growth = Growth([[run_of("a", 1.0)], [run_of("a", 2.0, duration=20.0)]])
    assert growth.peak(0) is None
    assert growth.per_minute(1) is None
