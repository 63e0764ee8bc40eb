from __future__ import annotations

from formats.timed import timed_words
from pipeline.types import Segment, Word


def test_words_that_are_known_stay_as_they_are_but_for_empty_ones():
    words = (Word("Shall\n", 0.0, 0.5, 0.9), Word(" \x00", 0.5, 0.6), Word("we", 0.6, 1.0))
    assert timed_words(Segment("A", 0.0, 1.0, "Shall we", words)) == [Word("Shall", 0.0, 0.5, 0.9), words[2]]


def test_a_text_without_words_is_shared_out_by_length():
    found = timed_words(Segment("A", 2.0, 3.0, " Yes indeed "))
    assert found == [
        Word("Yes", 2.0, 2.4, speaker="A", interpolated=True),
        Word("indeed", 2.4, 3.0, speaker="A", interpolated=True),
    ]
    assert timed_words(Segment("A", 2.0, 3.0, "\n")) == []
