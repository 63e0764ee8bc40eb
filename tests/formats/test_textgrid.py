from __future__ import annotations

from formats.textgrid import render
from pipeline.types import Conversation, Segment

GRID = """\
File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3.000
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "Jo ""J"" B."
        xmin = 0
        xmax = 3.000
        intervals: size = 3
        intervals [1]:
            xmin = 0.000
            xmax = 0.500
            text = ""
        intervals [2]:
            xmin = 0.500
            xmax = 2.000
            text = "Yes. ""No""."
        intervals [3]:
            xmin = 2.000
            xmax = 3.000
            text = ""
"""


def test_segments_of_one_speaker_that_overlap_are_one_interval():
    said = (Segment('Jo "J" B.', 0.5, 1.5, "Yes."), Segment('Jo "J" B.', 1.0, 2.0, '"No".'))
    assert render(Conversation(segments=said, duration=3.0)) == GRID


def test_those_that_meet_stay_apart_and_nothing_is_without_length():
    said = (Segment("A", 0.0, 1.0, "a"), Segment("A", 1.0, 1.0, "b"), Segment("A", 2.0, 2.0, "c"))
    lines = [line.strip() for line in render(Conversation(segments=said, duration=2.0)).splitlines()]
    assert [line for line in lines if line.startswith("text")] == [f'text = "{text}"' for text in ("a", "b", "", "c")]
    assert lines[4] == "xmax = 2.001"


def test_each_speaker_has_a_tier_and_with_words_a_second(talk):
    names = [line.split('"')[1] for line in render(talk, words=True).splitlines() if "name = " in line]
    assert names == ["SPEAKER_00", "SPEAKER_00 - words", "SPEAKER_01", "SPEAKER_01 - words"]
    assert render(talk).count("name = ") == 2
