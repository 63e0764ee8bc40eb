from __future__ import annotations

import pysubs2

from formats.ass import render
from formats.palette import PALETTE


def test_each_speaker_has_a_style_of_their_own_colour(talk):
    read = pysubs2.SSAFile.from_string(render(talk), format_="ass")
    assert [(event.style, event.name) for event in read] == [
        ("Speaker 1", "SPEAKER_00"),
        ("Speaker 2", "SPEAKER_01"),
        ("Speaker 1", "SPEAKER_00"),
    ]
    for style, colour in zip(("Speaker 1", "Speaker 2"), PALETTE, strict=False):
        found = read.styles[style].primarycolor
        assert f"#{found.r:02x}{found.g:02x}{found.b:02x}" == colour.on_dark


def test_times_are_hundredths(talk):
    lines = [line for line in render(talk).splitlines() if line.startswith("Dialogue: ")]
    assert lines[0] == "Dialogue: 0,0:00:03.25,0:00:04.00,Speaker 1,SPEAKER_00,0,0,0,,SPEAKER_00: Shall we start?"
    assert lines[2].startswith("Dialogue: 0,1:02:05.50,1:02:07.00,")


def test_markup_is_disarmed(talk):
    assert "Yes & ＜no＞ --＞ maybe" in render(talk)
