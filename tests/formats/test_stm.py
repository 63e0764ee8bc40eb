from __future__ import annotations

from dataclasses import replace

from meeteval.io import STM
from meeteval.wer import cpwer

from formats.stm import render
from pipeline.types import Segment


def test_a_line_per_segment_by_start(talk):
    assert render(talk, name="talk").splitlines() == [
        "talk 1 SPEAKER_00 3.250 4.000 Shall we start?",
        "talk 1 SPEAKER_01 3.900 5.000 Yes & <no> --> maybe",
        "talk 1 SPEAKER_00 3725.500 3727.000 Über uns",
    ]


def test_meeteval_scores_it(talk):
    lines = STM.parse(render(talk, name="talk"))
    assert (cpwer(lines, lines)["talk"].errors, cpwer(lines, lines)["talk"].length) == (0, 10)


def test_what_looks_like_a_label_is_text(talk):
    said = replace(talk, segments=(Segment("A", 0.0, 1.0, "<o,f0,male> hello"), Segment("A", 1.0, 2.0, "")))
    assert render(said).splitlines() == ["audio 1 A 0.000 1.000 ＜o,f0,male> hello", "audio 1 A 1.000 2.000"]
