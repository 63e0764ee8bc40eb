from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.wording import (
    in_order,
    mean_confidence,
    passages,
    plain,
    sentences,
    share,
    split_at_pauses,
    text_of,
    written,
)
from pipeline.types import Conversation, Segment, Turn, Word
from tests.dialects.conversations import TEXTS, conversations


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Hello,", "hello"),
        ("I'm", "i'm"),
        ("(sic)", "sic"),
        ("50%", "50%"),
        ("$1,000.50,", "$1,000.50"),
        ("…", "…"),
        ("well-known.", "well-known"),
        ("„Nein“", "nein"),
    ],
)
def test_a_word_without_its_punctuation_and_capitals(text: str, bare: str) -> None:
    assert plain(text) == bare


@given(TEXTS)
def test_a_word_never_becomes_empty_and_what_is_wanted_stays(text: str) -> None:
    assert plain(text)
    assert plain(text, punctuated=True, capitals=True) == text
    assert plain(text, punctuated=True) == text.lower()
    assert plain(text, capitals=True) in text


@given(conversations())
def test_sentences_and_pauses_lose_no_word(conversation: Conversation) -> None:
    for segment in passages(conversation):
        assert [word for part in sentences(segment.words) for word in part] == [*segment.words]
        assert [word for part in split_at_pauses(segment.words, 0.8) for word in part] == [*segment.words]
        assert all(part for part in (*sentences(segment.words), *split_at_pauses(segment.words, 0.8)))


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(part, index, index + 0.5, confidence=0.5) for index, part in enumerate(text.split()))


def test_a_sentence_ends_with_its_stop_and_a_pause_parts_words() -> None:
    said = (*words("Yes. Are you sure? I"), Word("am", 9.0, 9.5, None))
    assert [text_of(part, "en") for part in sentences(said)] == ["Yes.", "Are you sure?", "I am"]
    assert [text_of(part, "en") for part in split_at_pauses(said, 0.6)] == ["Yes. Are you sure? I", "am"]
    assert [len(part) for part in split_at_pauses(said, 0.4)] == [1] * 6
    assert text_of(written(said, punctuated=False, capitals=False), "en") == "yes are you sure i am"


def test_passages_are_in_order_and_have_words() -> None:
    found = passages(
        Conversation(
            (
                Segment("B", 5, 6, "Only text."),
                Segment("B", 7, 8, " "),
                Segment("A", 1, 2, "Yes.", (Word("Yes.", 1, 2, speaker="X"),)),
            )
        )
    )
    assert [[(word.text, word.speaker) for word in segment.words] for segment in found] == [
        [("Yes.", "A")],
        [("Only text.", "B")],
    ]


def test_the_confidence_of_several_words_is_that_of_those_which_have_one() -> None:
    said = [Word("a", 0, 1, 0.5), Word("b", 1, 2, None), Word("c", 2, 3, 1.0)]
    assert mean_confidence(said) == 0.75
    assert mean_confidence(said[1:2]) == mean_confidence([]) == share(None) == 0.0


@given(st.permutations(["a", "b", "c"]))
def test_speakers_keep_their_order_and_those_nobody_listed_come_last(speakers: list[str]) -> None:
    conversation = Conversation((Segment("d", 0, 1, ""),), (Turn("e", 0, 1),), tuple(speakers))
    assert in_order(conversation) == (*speakers, "d", "e")
