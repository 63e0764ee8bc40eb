"""What a contender's process says, and how it is started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.contender import Stopwatch, parser
from benchmarks.recordings import Recording
from benchmarks.rounds import Arena, Contender
from settings import ROOT


def test_standard_output_holds_only_results(
    record: Callable[..., Recording], contender: Callable[[str], Contender]
) -> None:
    clip, talk = record("clip"), record("talk")
    arena = Arena(1, clip.wav)
    command = [*contender("a").command, "--threads", "1", "--warmup", str(clip.wav), str(talk.wav), str(clip.wav)]
    done = subprocess.run(command, cwd=ROOT, env=arena.environment, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["event"] for row in rows] == ["ready", "warm", "done", "done"]
    assert rows[0]["models"] == {"words": "fake"}
    assert rows[0]["versions"]["torch"]
    assert rows[2]["segments"] == [["ann", 0.0, 1.0, "Hello there."]]
    assert "a library says something" in done.stderr
    assert "another program says something" in done.stderr


def test_stopwatch_counts_the_work_of_child_processes() -> None:
    watch = Stopwatch()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"], check=True)
    time.sleep(0.2)
    took = watch.read()
    assert took["cpu"] >= 0.5
    assert took["wall"] >= 0.7


def test_a_contender_needs_files(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--threads", "2", "--warmup", "clip.wav"])
    assert "files" in capsys.readouterr().err
    given = parser().parse_args(["--threads", "2", "--warmup", "clip.wav", "a.wav", "b.wav"])
    assert given.files == [Path("a.wav"), Path("b.wav")]
