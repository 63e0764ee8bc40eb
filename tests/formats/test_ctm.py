from __future__ import annotations

from formats.ctm import render


def test_a_line_per_word_by_start(talk):
    assert render(talk, name="my talk").splitlines()[:5] == [
        "my_talk 1 3.250 0.250 Shall 0.9877",
        "my_talk 1 3.500 0.125 we",
        "my_talk 1 3.625 0.375 start? 0.5000",
        "my_talk 1 3.900 0.220 Yes",
        "my_talk 1 4.120 0.110 &",
    ]


def test_no_name_makes_a_comment_of_a_line(talk):
    assert render(talk, name=";;talk").startswith("_;talk 1 ")
