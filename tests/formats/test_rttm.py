from __future__ import annotations

from dataclasses import replace

from formats.rttm import render
from pipeline.types import Conversation


def test_turns_by_start_without_those_of_no_length(talk):
    assert render(talk, name="talk").splitlines() == [
        "SPEAKER talk 1 3.200 0.900 <NA> <NA> SPEAKER_00 <NA> <NA>",
        "SPEAKER talk 1 3.800 1.200 <NA> <NA> SPEAKER_01 <NA> <NA>",
        "SPEAKER talk 1 3725.500 1.500 <NA> <NA> SPEAKER_00 <NA> <NA>",
    ]


def test_segments_stand_in_where_there_are_no_turns(talk):
    assert render(replace(talk, turns=())).splitlines()[0].split()[3:5] == ["3.250", "0.750"]


def test_a_name_stays_one_column(talk):
    lines = render(talk, name=" my talk\n1").splitlines()
    assert len(lines) == 3
    assert {line.split()[1] for line in lines} == {"my_talk_1"}


def test_nothing_said_is_an_empty_file():
    assert render(Conversation()) == ""
