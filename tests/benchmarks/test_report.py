"""The tables and the data: every figure is there, and what is not known is not invented."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from benchmarks.comparison import Comparison, Growth
from benchmarks.recordings import Recording
from benchmarks.report import Report, comparison_tables, describe_machine, growth_table, machine_line, to_dict
from benchmarks.rounds import Run
from tests.benchmarks.conftest import heard

MEGABYTE = 1024**2


@pytest.fixture
def report(run_of: Callable[..., Run], record: Callable[..., Recording]) -> Report:
    pairs = [
        (run_of("ours", 1.0, 3.0, peak=900 * MEGABYTE), run_of("theirs", 3.0, 5.0, said=heard("we", "meet"))),
        (run_of("ours", 1.0, 4.0), run_of("theirs", 3.0, 9.5)),
    ]
    recordings = [record("labelled", seconds=10.0, reference=heard()), record("unlabelled")]
    short = [run_of("ours", 20.0, duration=300.0, peak=1000 * MEGABYTE)]
    long = [run_of("ours", 264.0, duration=3600.0, peak=1550 * MEGABYTE)]
    return Report(describe_machine(2), Comparison(pairs, recordings), Growth([short, long]))


def row(text: str, start: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(start)).split()


def test_the_text_has_every_figure(report: Report) -> None:
    text = f"{comparison_tables(report.comparison)}\n{growth_table(report.growth)}"
    assert "ours is 2.25 (2.00-2.50) times as fast as theirs" in text
    assert " ".join(row(text, "labelled")) == "labelled 0.2 0.100 0.300 3.00 1 | 1 of 1 0.0 | 0.0 0.0 | 60.0"
    assert row(text, "unlabelled")[-3:] == ["-", "-", "-"]
    assert row(text, "peak memory")[-2:] == ["900", "-"]
    assert row(text, "cpWER")[-2:] == ["0.0", "60.0"]
    assert row(text, "60 ") == ["60", "4.40", "1.10", "1550", "10.0", "2.20"]


def test_the_machine_is_described() -> None:
    assert machine_line({"cores": 2, "load_before": 0.1}) == "cores 2, load before 0.1"
    machine = describe_machine(1)
    assert machine["threads"] == 1
    assert machine["processor"]
    assert machine["load_before"] >= 0


def test_the_data_has_every_run(report: Report) -> None:
    data = json.loads(json.dumps(to_dict(report)))
    assert data["ratio"]["work"] == {"median": 2.25, "low": 2.0, "high": 2.5}
    assert [[run["contender"] for run in pair] for pair in data["rounds"]] == 2 * [["ours", "theirs"]]
    assert data["rounds"][1][1]["files"][1]["wall"] == 9.5
    assert [part["cpwer"] for part in data["contenders"]] == [0.0, 0.6]
    assert data["growth"][1]["relative"] == pytest.approx(1.1)
    assert data["machine"]["threads"] == 2


def test_recordings_without_labels_make_no_accuracy(
    run_of: Callable[..., Run], record: Callable[..., Recording]
) -> None:
    runs = run_of("ours", 1.0), run_of("theirs", 2.0)
    report = Report({}, Comparison([runs], [record("unlabelled")]), Growth([[run_of("ours", 1.0)]]))
    assert row(comparison_tables(report.comparison), "DER@0,")[-2:] == ["-", "-"]
    assert to_dict(report)["contenders"][0]["cpwer"] is None
