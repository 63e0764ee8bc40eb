from __future__ import annotations

from formats.table import SEGMENT_COLUMNS, WORD_COLUMNS, segment_rows, word_rows


def test_a_row_per_segment(talk):
    rows = list(segment_rows(talk))
    assert rows[0] == {"start_time": 3.25, "end_time": 4.0, "speaker": "SPEAKER_00", "text": "Shall we start?"}
    assert {tuple(row) for row in rows} == {SEGMENT_COLUMNS}


def test_a_row_per_word_and_one_for_a_segment_without(talk):
    rows = list(word_rows(talk))
    assert {tuple(row) for row in rows} == {WORD_COLUMNS}
    assert [(row["segment"], row["text"]) for row in rows] == [
        (0, "Shall"),
        (0, "we"),
        (0, "start?"),
        (1, "Yes & <no> --> maybe"),
        (2, "Über\nuns"),
    ]
    assert [row["interpolated"] for row in rows] == [False, True, False, True, True]
    assert rows[0]["confidence"] == 0.9877
    assert rows[1]["speaker_confidence"] is None
