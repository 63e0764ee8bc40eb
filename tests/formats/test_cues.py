from __future__ import annotations

import pytest

from formats.cues import COLUMNS, Cue, clock, cues, milliseconds
from pipeline.types import Conversation, Segment, Word


def spoken(text: str, start: float = 0.0, word: float = 0.25) -> Segment:
    """A segment whose words follow each other without pause."""
    tokens = text.split()
    times = [start + index * word for index in range(len(tokens) + 1)]
    words = tuple(Word(token, *times[index : index + 2]) for index, token in enumerate(tokens))
    return Segment("SPEAKER_00", start, times[-1], text, words)


def cut(*segments: Segment, named: bool = False) -> list[Cue]:
    return list(cues(Conversation(segments=segments), named=named))


def test_a_short_segment_is_one_cue():
    assert cut(spoken("Good morning.", start=1.5)) == [Cue("SPEAKER_00", 1500, 2000, ("Good morning.",))]
    assert cut(spoken("Good morning."), named=True)[0].lines == ("SPEAKER_00: Good morning.",)


def test_a_long_segment_is_cut_between_words_at_their_times():
    segment = spoken(" ".join(["seven77"] * 40))
    parts = cut(segment)
    assert len(parts) > 2
    assert all(len(part.lines) <= 2 and max(map(len, part.lines)) <= COLUMNS for part in parts)
    assert all(part.end - part.start <= 7000 for part in parts)
    assert [part.end for part in parts[:-1]] == [part.start for part in parts[1:]]
    assert (parts[0].start, parts[-1].end) == (0, 10_000)
    assert " ".join(" ".join(part.lines) for part in parts) == segment.text


def test_slow_speech_is_cut_after_seven_seconds():
    parts = cut(spoken("one two three four five six seven eight", word=2.0))
    assert [part.lines for part in parts] == [("one two three",), ("four five six",), ("seven eight",)]


def test_a_cut_prefers_the_end_of_a_clause():
    text = "We looked at the whole budget of the last year in detail. Then somebody asked about the new office again."
    assert " ".join(cut(spoken(text))[0].lines).endswith("in detail.")


def test_without_word_times_the_time_is_shared_by_length():
    text = " ".join(["word"] * 40)
    parts = cut(Segment("SPEAKER_00", 10.0, 20.0, text))
    assert (parts[0].start, parts[-1].end) == (10_000, 20_000)
    assert [part.end for part in parts[:-1]] == pytest.approx([part.start for part in parts[1:]], abs=1)
    assert " ".join(" ".join(part.lines) for part in parts) == text


def test_words_that_are_not_those_of_the_text_lend_no_times():
    told = Segment("SPEAKER_00", 0.0, 4.0, "Hello there.", (Word("Goodbye", 0.0, 4.0),))
    assert cut(told) == [Cue("SPEAKER_00", 0, 4000, ("Hello there.",))]


def test_writing_without_spaces_keeps_having_none():
    characters = "今天天气很好我们去公园散步吧" * 6
    words = tuple(Word(char, i * 0.2, (i + 1) * 0.2) for i, char in enumerate(characters))
    parts = cut(Segment("SPEAKER_00", 0.0, len(words) * 0.2, characters, words))
    assert "".join(line for part in parts for line in part.lines) == characters
    assert max(len(line) for part in parts for line in part.lines) <= COLUMNS


def test_a_word_longer_than_a_line_stays_whole():
    link = "https://example.org/" + "a" * 100
    assert link in [line for part in cut(spoken(f"See {link} for more")) for line in part.lines]


def test_word_times_outside_the_segment_are_brought_in():
    words = (Word("a", 0.0, 1.0), Word("b" * 80, 9.0, 30.0))
    assert [(part.start, part.end) for part in cut(Segment("S", 2.0, 6.0, "a " + "b" * 80, words))] == [(2000, 6000)]


def test_the_last_line_is_never_digits_alone():
    assert cut(spoken("The meeting that we missed happened in May 2024"))[0].lines[-1] == "May 2024"


def test_cues_come_by_start_and_last_at_least_a_millisecond():
    late, early = spoken("late", start=5.0), Segment("SPEAKER_01", 1.0, 1.0, "early")
    assert [(part.start, part.end) for part in cut(late, early)] == [(1000, 1001), (5000, 5250)]


def test_a_segment_without_text_has_no_cue():
    assert cut(Segment("SPEAKER_00", 0.0, 1.0, " \n\x00")) == []


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "00:00:00,000"), (3_725_042, "01:02:05,042"), (360_000_000, "100:00:00,000")]
)
def test_clock(ms, text):
    assert clock(ms, ",") == text


def test_a_time_between_two_milliseconds_goes_where_its_text_goes():
    halves = [(2 * index + 1) / 2000 for index in range(2000)]
    assert [milliseconds(time) for time in halves] == [int(f"{time:.3f}".replace(".", "")) for time in halves]
