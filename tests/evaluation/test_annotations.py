from __future__ import annotations

import json

import pytest

from errors import InputError
from evaluation.annotations import Annotation, read_annotation, read_rttm, read_seglst
from pipeline.types import Segment, Turn


def test_read_rttm_takes_speaker_lines_and_passes_over_the_rest(tmp_path):
    path = tmp_path / "talk.rttm"
    path.write_text(
        "\ufeff;; by hand\n"
        "SPKR-INFO talk 1 <NA> <NA> <NA> unknown ann <NA> <NA>\n"
        "SPEAKER talk 1 1.50 0.25 <NA> <NA> ann <NA> <NA>\r\n"
        "\n"
        "SPEAKER\ttalk\t1\t1.6\t2\t<NA>\t<NA>\tbob\n"
    )
    assert read_rttm(path) == (Turn("ann", 1.5, 1.75), Turn("bob", 1.6, 3.6))


@pytest.mark.parametrize(
    "line",
    [
        "SPEAKER talk 1 1.5",
        "SPEAKER talk 1 soon 0.5 <NA> <NA> ann",
        "SPEAKER talk 1 1.0 -0.5 <NA> <NA> ann",
        "SPEAKER talk 1 nan 0.5 <NA> <NA> ann",
    ],
)
def test_a_broken_line_is_named(tmp_path, line):
    (tmp_path / "talk.rttm").write_text(f"SPEAKER talk 1 0 1 <NA> <NA> ann\n{line}\n")
    with pytest.raises(InputError, match=r"talk.rttm, line 2"):
        read_rttm(tmp_path / "talk.rttm")


def test_two_recordings_in_one_file_are_not_mixed(tmp_path):
    (tmp_path / "all.rttm").write_text("SPEAKER a 1 0 1 <NA> <NA> ann\nSPEAKER b 1 0 1 <NA> <NA> bob\n")
    with pytest.raises(InputError, match="2 recordings"):
        read_rttm(tmp_path / "all.rttm")


def test_read_seglst_orders_by_start(tmp_path):
    rows = [
        {"session_id": "talk", "speaker": 2, "start_time": "3.5", "end_time": 4, "words": "Yes."},
        {"session_id": "talk", "speaker": "ann", "start_time": 1, "end_time": 2.5, "words": ""},
    ]
    (tmp_path / "talk.seglst.json").write_text(json.dumps(rows))
    assert read_seglst(tmp_path / "talk.seglst.json") == (Segment("ann", 1, 2.5, ""), Segment("2", 3.5, 4, "Yes."))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{not json", "is not JSON"),
        ('{"words": "a"}', "must be a list"),
        ('[{"speaker": "a", "start_time": 0, "end_time": 1}]', "segment 1: needs"),
        ('["words"]', "segment 1: needs"),
        ('[{"speaker": "a", "start_time": 2, "end_time": 1, "words": ""}]', "segment 1: needs"),
    ],
)
def test_a_broken_seglst_says_what_is_wrong(tmp_path, text, message):
    (tmp_path / "talk.seglst.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_seglst(tmp_path / "talk.seglst.json")


def test_words_are_optional_turns_are_not(tmp_path):
    (tmp_path / "talk.rttm").write_text("SPEAKER talk 1 0.5 1 <NA> <NA> ann\n")
    annotation = read_annotation(tmp_path, "talk")
    assert annotation == Annotation((Turn("ann", 0.5, 1.5),), None)
    assert annotation.end == 1.5
    with pytest.raises(InputError, match=r"^other.rttm is missing"):
        read_annotation(tmp_path, "other")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "talk.rttm").write_bytes(b"\xff\xfe\x00RIFF")
    with pytest.raises(InputError, match="cannot be read"):
        read_rttm(tmp_path / "talk.rttm")
