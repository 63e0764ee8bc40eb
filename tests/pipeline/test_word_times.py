from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.types import Span
from pipeline.windows import Window
from pipeline.word_times import AlignedWord, placed, within_speech

# Two stretches of the recording, 20 s apart, heard as one sound of 5 s.
PIECES = (Span(10.0, 12.0), Span(32.0, 35.0))
SPANS = (Span(10.2, 11.8), Span(32.2, 34.8))
WINDOW = Window(PIECES, SPANS)


def word(start: float, end: float, text: str = "word") -> AlignedWord:
    return AlignedWord(text, start, end, 0.8)


def test_times_of_the_window_become_times_of_the_recording() -> None:
    first, second = placed([word(0.5, 1.0), word(3.0, 3.5)], WINDOW)
    assert (first.start, first.end) == (10.5, 11.0)
    assert (second.start, second.end) == (33.0, 33.5)
    assert first.confidence == 0.8
    assert not first.interpolated


def test_a_word_that_begins_in_the_pause_begins_with_its_speech() -> None:
    (only,) = placed([word(1.85, 2.9)], WINDOW)
    assert (only.start, only.end) == (32.2, 32.9)


def test_a_word_without_a_frame_shares_its_neighbours_time_and_says_so() -> None:
    words = placed([word(0.4, 1.0, "aa"), word(1.0, 1.0, "bbbb")], WINDOW)
    assert [w.text for w in words] == ["aa", "bbbb"]
    assert all(w.interpolated for w in words)
    assert words[0].start == 10.4
    assert abs(words[0].end - 10.6) < 1e-6
    assert abs(words[1].end - 11.0) < 1e-6


def test_a_word_outside_all_speech_is_left_out() -> None:
    assert placed([word(0.0, 0.1)], Window((Span(10.0, 12.0),), (Span(11.0, 11.8),))) == []
    assert within_speech(20.0, 21.0, SPANS) is None


@given(st.lists(st.floats(0, 5), min_size=2, max_size=12))
def test_words_stay_in_speech_and_in_order(times: list[float]) -> None:
    edges = sorted(times)
    words = placed([word(a, b) for a, b in pairwise(edges)], WINDOW)
    assert all(any(span.start <= w.start <= w.end <= span.end for span in SPANS) for w in words)
    assert all(a.start <= b.start for a, b in pairwise(words))
