"""Runs in processes of their own: in turns, under the same conditions, and with a reason where one fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.recordings import Recording
from benchmarks.rounds import Arena, Contender, ContenderFailed
from evaluation.annotations import Annotation
from pipeline.types import Segment, Turn

MakeRecording = Callable[..., Recording]
MakeContender = Callable[[str], Contender]


def test_contenders_take_turns_on_the_same_files(
    record: MakeRecording, contender: MakeContender, tmp_path: Path
) -> None:
    clip, files = record("clip"), [record("one"), record("two")]
    rounds = Arena(1, clip.wav).alternate((contender("a"), contender("b")), files, 2)
    diary = [line.split() for line in (tmp_path / "diary").read_text().splitlines()]
    assert [f"{name} {file}" for name, file, _, _ in diary] == 2 * [
        f"{name} {file}" for name in "ab" for file in ("clip", "one", "two")
    ]
    assert {(omp, threads) for _, _, omp, threads in diary} == {("1", "1")}
    assert [(a.contender, b.contender) for a, b in rounds] == [("a", "b"), ("a", "b")]


def test_a_run_holds_what_was_measured_and_heard(record: MakeRecording, contender: MakeContender) -> None:
    talk = record("talk", seconds=2.0)
    run = Arena(2, talk.wav).run(contender("a"), [talk, record("more", seconds=3.0)])
    assert [work.name for work in run.works] == ["talk", "more"]
    assert run.duration == 5.0
    assert run.wall == sum(work.wall for work in run.works) > 0
    assert run.startup > 0
    assert run.first > 0
    assert run.works[0].stages == {"words": 0.25}
    assert run.works[0].heard == Annotation((Turn("ann", 0.0, 1.0),), (Segment("ann", 0.0, 1.0, "Hello there."),))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux /proc")
def test_a_run_knows_its_peak_memory(record: MakeRecording, contender: MakeContender) -> None:
    talk = record("talk")
    peak = Arena(1, talk.wav).run(contender("a"), [talk]).peak
    assert peak
    assert 5e6 < peak < 500e6  # a bare Python


def test_a_failed_contender_is_named_with_the_end_of_its_log(record: MakeRecording, contender: MakeContender) -> None:
    with pytest.raises(ContenderFailed, match="RuntimeError: no such model"):
        Arena(1, record("clip").wav).run(contender("a"), [record("talk"), record("fault")])


def test_a_contender_that_stops_early_without_a_fault_has_failed(record: MakeRecording) -> None:
    silent = Contender("silent", (sys.executable, "-c", "import sys; print('all well', file=sys.stderr)"))
    with pytest.raises(ContenderFailed, match="all well"):
        Arena(1, record("clip").wav).run(silent, [record("talk")])


def test_a_contender_that_is_killed_is_named_with_what_may_have_killed_it(record: MakeRecording) -> None:
    """As a system without memory does it; the process itself has no last words then."""
    killed = Contender("greedy", (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(ContenderFailed, match=r"greedy was killed.*more memory"):
        Arena(1, record("clip").wav).run(killed, [record("talk")])


def test_no_contender_has_a_gpu_or_a_network(tmp_path: Path) -> None:
    environment = Arena(3, tmp_path).environment
    assert environment["CUDA_VISIBLE_DEVICES"] == ""
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["OMP_NUM_THREADS"] == "3"
