from __future__ import annotations

import pytest

from formats.cells import cell, guarded, write


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+2", "'=1+2"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1", "'+1"),
        ("- Yes", "'- Yes"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("1+1", "1+1"),
        ("", ""),
    ],
)
def test_what_could_run_has_an_apostrophe_before_it(text, written):
    assert guarded(text) == written


def test_white_space_before_it_does_not_help():
    assert cell("\t\r\n =1") == "'=1"


def test_values(talk):
    assert [cell(value) for value in (0.25, 3725.5, None, True, 7)] == ["0.25", "3725.5", "", "true", "7"]


def test_a_line_per_row(talk):
    lines = write(talk, words=False, dialect="excel").split("\n")
    assert lines[:2] == ["start_time,end_time,speaker,text", "3.25,4.0,SPEAKER_00,Shall we start?"]
    assert len(lines) == 5
