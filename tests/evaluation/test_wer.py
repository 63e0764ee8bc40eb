from __future__ import annotations

import pytest

from evaluation.wer import WordErrors, cp_word_errors, normaliser, word_errors
from pipeline.types import Segment

ENGLISH = normaliser(None)
REFERENCE = [Segment("ann", 0, 2, "It's twenty-one colours, Mr. Smith."), Segment("bob", 2, 3, "Right you are.")]


def test_spelling_case_and_punctuation_are_no_errors():
    hypothesis = [Segment("1", 0, 2, "it is 21 colors mister smith"), Segment("2", 2, 3, "right, you are")]
    assert word_errors(REFERENCE, hypothesis, ENGLISH) == WordErrors(words=9)
    assert cp_word_errors(REFERENCE, hypothesis, ENGLISH) == WordErrors(words=9)


def test_each_kind_of_error_is_counted():
    reference = [Segment("ann", 0, 2, "the big cat sat on a mat")]
    hypothesis = [Segment("1", 0, 2, "the cat sit on a mat again")]
    assert word_errors(reference, hypothesis, ENGLISH) == WordErrors(7, substitutions=1, deletions=1, insertions=1)
    assert word_errors(reference, hypothesis, ENGLISH).rate == pytest.approx(3 / 7)


def test_a_word_of_the_wrong_speaker_costs_cpwer_and_not_wer():
    hypothesis = [Segment("1", 0, 2.2, "It's twenty-one colours, Mr. Smith. Right"), Segment("2", 2.2, 3, "you are.")]
    assert word_errors(REFERENCE, hypothesis, ENGLISH).rate == 0
    errors = cp_word_errors(REFERENCE, hypothesis, ENGLISH)
    assert (errors.insertions, errors.deletions) == (1, 1)


def test_words_are_compared_in_time_order_wherever_segments_are_cut():
    whole = [Segment("ann", 0, 2, "Say twenty one"), Segment("bob", 2, 3, "more words")]
    pieces = [Segment("b", 2, 3, "more words"), Segment("a", 1, 2, "one"), Segment("a", 0, 1, "Say twenty")]
    assert word_errors(whole, pieces, ENGLISH).rate == 0
    assert cp_word_errors(whole, pieces, ENGLISH).rate == 0


def test_a_speaker_too_many_or_too_few_costs_all_his_words():
    assert cp_word_errors(REFERENCE, REFERENCE[:1], ENGLISH) == WordErrors(9, deletions=3)
    assert cp_word_errors(REFERENCE[:1], REFERENCE, ENGLISH) == WordErrors(6, insertions=3)


def test_nothing_said():
    for errors in (word_errors, cp_word_errors):
        assert errors([], [], ENGLISH) == WordErrors()
        assert errors([], REFERENCE, ENGLISH) == WordErrors(insertions=9)
        assert errors([], [], ENGLISH).rate is None
    assert (WordErrors(0, insertions=2) + WordErrors(8, deletions=2)).rate == 0.5


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "colour", "color"),
        ("de", "Schöne Grüße, Colour!", "schöne grüße colour"),
        ("zh", "你好。", "你 好"),
    ],
)
def test_the_language_chooses_the_normaliser(language, text, words):
    assert normaliser(language)(text).split() == words.split()
