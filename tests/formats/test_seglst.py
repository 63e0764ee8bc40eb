from __future__ import annotations

import json

from meeteval.io import SegLST
from meeteval.wer import cpwer

from formats.seglst import render


def test_a_row_per_segment(talk):
    assert json.loads(render(talk, name="talk"))[0] == {
        "session_id": "talk",
        "speaker": "SPEAKER_00",
        "start_time": 3.25,
        "end_time": 4.0,
        "words": "Shall we start?",
    }


def test_meeteval_scores_it(talk):
    rows = SegLST(json.loads(render(talk, name="talk")))
    assert cpwer(rows, rows)["talk"].errors == 0
    assert cpwer(rows, rows)["talk"].length == 10
