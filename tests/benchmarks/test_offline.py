"""The whole benchmark with contenders that have no models, and its command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import benchmarks.offline
from benchmarks.offline import Plan, main, run
from benchmarks.recordings import Recording
from benchmarks.rounds import Contender, ContenderFailed
from settings import load_settings
from tests.media import SAMPLE

real_contenders = benchmarks.offline._contenders  # before the fakes below take their place


@pytest.fixture(autouse=True)
def fakes(contender: Callable[[str], Contender], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        benchmarks.offline, "_contenders", lambda settings, against: (contender("ours"), contender("theirs"))
    )


def test_everything_is_run_as_planned(record: Callable[..., Recording], tmp_path: Path) -> None:
    talk = record("talk", seconds=3.0)
    report = run(Plan([talk.wav], rounds=2, minutes=(0.05, 0.1), growth_rounds=2), threads=1)
    diary = [line.split()[:2] for line in (tmp_path / "diary").read_text().splitlines()]
    files = [" ".join(line) for line in diary if line[1] != "warmup"]
    assert files == [*2 * ["ours talk", "theirs talk"], *2 * ["ours 0.05_minutes", "ours 0.1_minutes"]]
    assert len(report.comparison.pairs) == 2
    assert report.growth.minutes == [pytest.approx(0.05), pytest.approx(0.1)]
    assert report.machine["threads"] == 1


def test_the_command_prints_tables_and_writes_data(
    record: Callable[..., Recording],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    talk, data = record("talk", seconds=3.0), tmp_path / "figures.json"
    monkeypatch.setattr("sys.argv", ["offline", str(talk.wav), "--quick", "--threads", "1", "--json", str(data)])
    assert main() == 0
    printed = capsys.readouterr().out
    assert "ours is" in printed
    assert "How time and memory of ours grow" in printed
    assert [row["minutes"] for row in json.loads(data.read_text())["growth"]] == [1.0, 5.0]


def test_what_was_found_is_printed_even_if_the_rest_fails(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Recording:
        raise ContenderFailed("out of memory")

    monkeypatch.setattr(benchmarks.offline, "join", fail)
    monkeypatch.setattr("sys.argv", ["offline", str(record("talk").wav), "--quick"])
    assert main() == 1
    printed = capsys.readouterr()
    assert "ours is" in printed.out
    assert "error: out of memory" in printed.err


def test_quick_means_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []
    monkeypatch.setattr(benchmarks.offline, "run", lambda plan, threads, against: plans.append(plan))
    monkeypatch.setattr("sys.argv", ["offline", "--quick"])
    main()
    assert plans == [Plan([SAMPLE], rounds=1, minutes=(1, 5), growth_rounds=1)]


def test_it_can_be_compared_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(benchmarks.offline, "run", lambda plan, threads, against: asked.append(against))
    monkeypatch.setattr("sys.argv", ["offline", "--quick", "--against", "itself"])
    main()
    assert asked == ["itself"]


def test_itself_needs_no_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.offline, "peer_python", lambda: pytest.fail("the peers were asked for"))
    both = real_contenders(load_settings(), "itself")
    assert [contender.command[1:] for contender in both] == [
        ("-m", "benchmarks.ours"),
        ("-m", "benchmarks.ours", "--without-lanes"),
    ]


def test_figures_that_cannot_be_kept_are_refused_at_once(
    record: Callable[..., Recording],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    missing = str(tmp_path / "missing" / "figures.json")
    monkeypatch.setattr("sys.argv", ["offline", str(record("talk").wav), "--json", missing])
    assert main() == 1
    assert "No such file" in capsys.readouterr().err
    assert not (tmp_path / "diary").exists()


def test_what_is_no_audio_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "notes.wav").write_text("milk, bread")
    monkeypatch.setattr("sys.argv", ["offline", str(tmp_path / "notes.wav")])
    assert main() == 1
    assert capsys.readouterr().err.count("\n") == 1
