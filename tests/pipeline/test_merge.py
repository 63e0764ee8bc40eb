from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.merge import assign_speakers, mark_overlap, settled_speakers
from pipeline.types import Turn, Word


def sentence(start: float, text: str, each: float = 0.3, pause: float = 0.05) -> list[Word]:
    """Words one after the other, from ``start`` s on."""
    step = each + pause
    return [Word(word, start + i * step, start + i * step + each) for i, word in enumerate(text.split())]


def spoken_by(words: Sequence[Word], turns: Sequence[Turn]) -> str:
    """The speakers of the words, a letter each."""
    return "".join(str(word.speaker) for word in assign_speakers(words, sorted(turns, key=lambda turn: turn.start)))


def test_words_go_to_the_turn_they_lie_in() -> None:
    words = [*sentence(0.2, "Good morning everybody."), *sentence(2.2, "Good morning."), *sentence(4.2, "Fine.")]
    turns = [Turn("A", 0.1, 1.5), Turn("B", 2.1, 3.0), Turn("A", 4.1, 5.0)]
    assert spoken_by(words, turns) == "AAABBA"


def test_a_word_is_the_surer_the_farther_other_speakers_are() -> None:
    words = [Word("now.", 1.0, 1.3), Word("then.", 5.0, 5.3), Word("both.", 20.0, 20.3)]
    turns = [Turn("A", 0, 6), Turn("A", 19, 21), Turn("B", 6.5, 7), Turn("B", 20, 22)]
    confidence = [word.speaker_confidence or 0 for word in assign_speakers(words, sorted(turns, key=lambda t: t.start))]
    assert confidence[0] > 0.99
    assert 0.9 < confidence[1] < confidence[0]
    assert confidence[2] == 0.5


def test_several_short_turns_between_two_words_are_passed_over() -> None:
    """Walking through words and turns together, one turn a word, gives these words to "1" and "2"."""
    turns = [Turn("0", 0, 2), Turn("1", 2, 2.4), Turn("2", 2.4, 2.8), Turn("0", 2.8, 5)]
    words = [Word("one", 1.0, 1.4), Word("two", 3.0, 3.3), Word("three", 3.5, 3.8)]
    assert spoken_by(words, turns) == "000"


def test_a_word_whose_time_is_a_little_off_stays_in_its_sentence() -> None:
    words = sentence(0.0, "We could meet on Monday. I am away.")
    change = words[4].end
    early, late = ([Turn("A", 0, change + shift), Turn("B", change + shift, 3)] for shift in (-0.25, 0.25))
    assert spoken_by(words, early) == spoken_by(words, late) == "AAAAABBB"


def test_a_change_is_drawn_to_the_pause_where_there_is_no_punctuation() -> None:
    words = [*sentence(0.0, "yes that is right"), *sentence(1.9, "and you think so")]
    for change in (1.2, 1.5, 2.05, 2.25):
        assert spoken_by(words, [Turn("A", 0, change), Turn("B", change, 4)]) == "AAAABBBB"


def test_a_short_answer_between_two_long_turns_is_heard() -> None:
    words = [*sentence(0.0, "Do you agree?"), Word("Yes.", 1.2, 1.45), *sentence(1.6, "Then let us go on.")]
    assert spoken_by(words, [Turn("A", 0, 1.1), Turn("B", 1.15, 1.5), Turn("A", 1.55, 4)]) == "AAABAAAAA"


def test_an_interruption_in_the_middle_of_a_sentence_is_heard() -> None:
    words = sentence(0.0, "we wanted to go oh really I had no idea when it began to rain")
    assert spoken_by(words, [Turn("A", 0, 1.38), Turn("B", 1.38, 3.48), Turn("A", 3.48, 9)]) == "AAAABBBBBBAAAAA"


def test_one_stray_word_does_not_change_the_speaker() -> None:
    words = sentence(0.0, "we wanted to go there together", each=0.2)
    stray = words[2]
    turns = [Turn("A", 0, stray.start), Turn("B", stray.start, stray.end), Turn("A", stray.end, 3)]
    assert spoken_by(words, turns) == "AAAAAA"


def test_a_word_outside_every_turn_goes_to_the_nearest() -> None:
    turns = [Turn("A", 2, 4), Turn("B", 6, 8)]
    words = [Word("Early.", 0.5, 0.9), Word("Near.", 4.2, 4.5), Word("Later.", 5.6, 5.9), Word("Last.", 9.0, 9.5)]
    assert spoken_by(words, turns) == "AABB"
    for word in assign_speakers(words, turns):
        assert word.speaker_confidence is not None
        assert word.speaker_confidence <= 0.5


def test_a_word_without_length_has_a_speaker() -> None:
    assert spoken_by([Word("hm", 1.0, 1.0)], [Turn("A", 0, 0.5), Turn("B", 0.9, 2)]) == "B"


def test_words_in_overlap_are_marked_and_keep_the_sentence() -> None:
    words = sentence(0.0, "this is the end of it")
    turns = [Turn("A", 0, 2.1), Turn("B", 1.55, 3)]
    said = assign_speakers(words, turns)
    assert [word.speaker for word in said] == ["A"] * 6
    assert [word.overlap for word in said] == [False] * 4 + [True] * 2
    assert said[5].speaker_confidence == pytest.approx(0.5)


def test_a_given_speaker_keeps_the_word_where_only_overlap_is_asked() -> None:
    turns = [Turn("0", 0, 1), Turn("1", 0.5, 2)]
    words = [Word("a", 0.1, 0.4, speaker="0"), Word("b", 0.6, 0.9, speaker="0"), Word("c", 1.2, 1.5, speaker="1")]
    marked = mark_overlap(words, turns)
    assert [word.overlap for word in marked] == [False, True, False]
    assert [replace(word, overlap=False) for word in marked] == words
    assert mark_overlap([], turns) == mark_overlap([], []) == []


def test_without_turns_nothing_is_known() -> None:
    words = sentence(0.0, "who was it")
    assert assign_speakers(words, []) == words
    assert assign_speakers([], [Turn("A", 0, 1)]) == []


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[Word], list[Turn]]:
    """Words by start time; the turns of a speaker lie apart from each other."""
    steps = st.tuples(st.floats(0, 3), st.floats(0.01, 3))
    turns = []
    for speaker in draw(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=4, unique=True)):
        time = 0.0
        for gap, length in draw(st.lists(steps, min_size=1, max_size=5)):
            turns.append(Turn(speaker, time + gap, time + gap + length))
            time += gap + length
    texts = st.sampled_from(["so", "well,", "yes.", "好。"])
    starts = sorted(draw(st.lists(st.floats(0, 20), min_size=1, max_size=12)))
    words = [Word(draw(texts), start, start + draw(st.floats(0, 2)), 0.5) for start in starts]
    return words, sorted(turns, key=lambda turn: (turn.start, turn.end))


@given(talks())
def test_every_word_keeps_what_it_was_and_gets_a_speaker_of_the_turns(talk: tuple[list[Word], list[Turn]]) -> None:
    words, turns = talk
    said = assign_speakers(words, turns)
    assert [replace(word, speaker=None, speaker_confidence=None, overlap=False) for word in said] == words
    for word in said:
        assert word.speaker in {turn.speaker for turn in turns}
        assert 0 <= (word.speaker_confidence or 0) <= 1
        assert type(word.speaker_confidence) is float
        others = [turn for turn in turns if turn.speaker != word.speaker]
        assert not word.overlap or any(turn.start < word.end + 0.02 and turn.end > word.start for turn in others)


@given(talks())
def test_the_words_so_far_are_settled_once_no_later_word_can_change_their_speaker(
    talk: tuple[list[Word], list[Turn]],
) -> None:
    words, turns = talk
    said = assign_speakers(words, turns)
    for count in range(len(words) + 1):
        settled = settled_speakers(words[:count], turns)
        assert settled == said[: len(settled)]


def test_words_far_from_the_last_are_settled() -> None:
    words = [*sentence(0.2, "Good morning everybody."), *sentence(2.2, "Good morning."), *sentence(4.2, "Fine.")]
    turns = [Turn("A", 0.1, 1.5), Turn("B", 2.1, 3.0), Turn("A", 4.1, 5.0)]
    assert len(settled_speakers(words, turns)) >= len(words) - 1
    assert settled_speakers(words, []) == []
