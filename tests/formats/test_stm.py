from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
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


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{ a / @ } b", "｛ a / ＠ ｝ b"),
        ("@", "＠"),
        ("a@example.org {b}", "a@example.org ｛b｝"),
        ("IGNORE_TIME_SEGMENT_IN_SCORING", "ＩGNORE_TIME_SEGMENT_IN_SCORING"),
        ("well, ignore_time_segment_in_scoring", "well, ｉgnore_time_segment_in_scoring"),
        ("a < b ignore it", "a < b ignore it"),
    ],
)
def test_what_a_scorer_would_take_for_markup_is_text(talk, text, written):
    said = replace(talk, segments=(Segment("A", 0.0, 1.0, text),))
    assert render(said) == f"audio 1 A 0.000 1.000 {written}\n"
    assert unicodedata.normalize("NFKC", written) == text


def test_a_segment_without_length_has_a_millisecond(talk):
    said = replace(talk, segments=(Segment("A", 1.0, 1.0, "a"), Segment("A", 2.0, 2.0004, "b")))
    assert render(said).splitlines() == ["audio 1 A 1.000 1.001 a", "audio 1 A 2.000 2.001 b"]
