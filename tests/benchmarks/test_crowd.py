"""Clips, ways of hearing them, and the table; the real ways once, as small as can be."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks import crowd
from benchmarks.crowd import Row, compare, cut_clips, everything, table
from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import SAMPLE_RATE, Audio, Transcript
from tests.media import SAMPLE


def test_clips_go_round_the_recordings_and_are_all_of_one_length() -> None:
    long, short = (Audio(np.full(seconds * SAMPLE_RATE, level, np.float32)) for seconds, level in ((9, 0.1), (5, 0.2)))
    clips = cut_clips([long, short], 2.0, 5)
    assert [clip.duration for clip in clips] == [2.0] * 5
    assert [round(float(clip.samples[0]), 1) for clip in clips] == [0.1, 0.2, 0.1, 0.2, 0.1]


@pytest.mark.parametrize(
    ("seconds", "length", "pieces"),
    [(5, 5, 1), (4.9, 5, 0), (5, 2.5, 2), (5, 2, 2), (2, 0.5, 4), (6, 1.5, 4), (1, 0.1, 10), (5, 0, 0)],
)
def test_every_full_piece_is_used(seconds: float, length: float, pieces: int) -> None:
    samples = np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32)
    clips = cut_clips([Audio(samples)], length, 100)
    assert [clip.duration for clip in clips] == [length] * pieces
    assert [clip.samples[:1] for clip in clips] == [round(index * length * SAMPLE_RATE) for index in range(pieces)]


@pytest.mark.parametrize("given", [["--lengths", "3", "30"], ["--lengths", "3", "--clips", "2"]])
def test_too_few_clips_for_what_is_asked_are_refused_in_one_line(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crowd", str(SAMPLE), "--at-once", "2", "4", *given])
    assert crowd.main() == 1
    told = capsys.readouterr().err
    assert told.startswith(f"error: 4 clips of {given[-1] if '30' in given else 3} s are needed")
    assert told.count("\n") == 1


def test_every_clip_is_heard_both_ways_in_every_round() -> None:
    heard: list[int] = []
    clips = [Audio(np.zeros(SAMPLE_RATE, np.float32))] * 5
    row = compare("a", lambda some: heard.append(len(some)), clips, at_once=2, rounds=2)
    assert heard == [1, *([1] * 5 + [2, 2, 1]) * 2]
    assert (row.length, row.at_once, len(row.alone), len(row.together)) == (1.0, 2, 2, 2)


def test_the_table_has_the_ratio_of_rounds_and_not_of_their_means() -> None:
    row = Row("offline", 10.0, 2, (4.0, 9.0, 6.0), (2.0, 3.0, 6.0))
    assert row.ratios == [1.0, 2.0, 3.0]
    assert table([row]).splitlines()[-1].split() == ["offline", "10", "2", "6.0", "3.0", "2.00", "(1.00-3.00)"]


def test_a_recogniser_hears_all_of_each_clip() -> None:
    asked: list[Spoken] = []

    class Ears(Recogniser):
        def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
            asked.extend(spoken)
            return [Transcript()] * len(spoken)

    clips = [Audio(np.zeros(SAMPLE_RATE, np.float32))] * 2
    everything(Ears())(clips)
    assert [one.audio for one in asked] == clips
    assert [(region.start, region.end) for one in asked for region in one.regions] == [(0.0, 1.0)] * 2


def test_the_command_prints_a_row_for_each_system(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = "--kinds ctc --sizes tiny --lengths 3 --at-once 2 --clips 2 --rounds 1 --threads 1"
    monkeypatch.setattr(sys, "argv", ["crowd", str(SAMPLE), *given.split()])
    assert crowd.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-2:]] == ["offline", "ctc,"]


def test_a_file_that_is_no_audio_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["crowd", __file__])
    assert crowd.main() == 1
    assert capsys.readouterr().err.startswith("error: ")
