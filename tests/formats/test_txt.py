from __future__ import annotations

from formats.txt import render


def test_one_line_per_segment(talk):
    assert render(talk).splitlines() == [
        "[00:00:03] SPEAKER_00: Shall we start?",
        "[00:00:03] SPEAKER_01: Yes & <no> --> maybe",
        "[01:02:05] SPEAKER_00: Über uns",
    ]
