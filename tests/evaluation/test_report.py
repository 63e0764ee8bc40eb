from __future__ import annotations

import json

import pytest

from evaluation.annotations import Annotation
from evaluation.report import Report, Result, to_dict, to_table
from evaluation.scores import score
from evaluation.wer import normaliser
from pipeline.types import Segment, Turn


@pytest.fixture
def report() -> Report:
    said = Annotation((Turn("ann", 0, 8),), (Segment("ann", 0, 8, "red green blue pink"),))
    heard = Annotation((Turn("0", 0, 6), Turn("1", 6, 9)), (Segment("0", 0, 8, "red green"),))
    good = Result("long_recording", score(said, heard, normaliser("en"), 10), warnings=("Mind this.",))
    return Report({"DER": "collar as named"}, (good, Result("lost", error="lost.rttm is missing.")))


def test_the_data_have_every_figure_and_its_parts(report):
    data = json.loads(json.dumps(to_dict(report)))
    row, lost = data["files"]
    assert row["der"]["0"] == {"rate": 0.375, "speech": 8, "missed": 0, "false_alarm": 1, "confusion": 2}
    assert row["der"]["0.25"]["speech"] == 7.5
    assert row["cpwer"] == {"rate": 0.5, "words": 4, "substitutions": 0, "deletions": 2, "insertions": 0}
    assert row["speakers"] == {"reference": 1, "hypothesis": 2}
    assert lost == {"name": "lost", "error": "lost.rttm is missing.", "warnings": []}
    assert data["total"] == {
        "files": 2,
        "scored": 1,
        "seconds": 10,
        "speaker_counts_right": 0,
        "der": row["der"],
        "wer": row["wer"],
        "cpwer": row["cpwer"],
    }
    assert data["protocol"] == {"DER": "collar as named"}
    assert not report.complete


def test_the_table_lines_up_and_says_what_is_missing(report):
    table = to_table(report).splitlines()
    assert len({len(line) for line in table[:3]}) == 1
    assert table[1].split()[:8] == ["long_recording", "2", "of", "1", "37.5", "0.0", "12.5", "25.0"]
    assert table[2].startswith("TOTAL, 1 of 2")
    assert table[4:6] == ["long_recording: Mind this.", "lost: error: lost.rttm is missing."]
    assert table[-1] == "DER: collar as named"


def test_nothing_scored_has_no_figures():
    report = Report({}, (Result("lost", error="Gone."),))
    assert to_dict(report)["total"]["der"]["0"]["rate"] is None
    assert to_table(report).splitlines()[1].split()[-10:] == ["-"] * 10
