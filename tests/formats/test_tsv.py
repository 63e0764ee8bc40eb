from __future__ import annotations

from formats.tsv import render


def test_columns_are_apart_by_tabs(talk):
    lines = render(talk).splitlines()
    assert lines[0] == "start_time\tend_time\tspeaker\ttext"
    assert lines[3].split("\t") == ["3725.5", "3727.0", "SPEAKER_00", "Über uns"]
