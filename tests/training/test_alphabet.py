from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError
from training.alphabet import fitted
from training.manifest import Example


def examples(*texts):
    return [Example(Path("a.wav"), 1.0, text) for text in texts]


def texts(found):
    return [example.text for example in found.examples]


def small(sign):
    return sign in "abcdefghijklmnopqrstuvwxyz'"


def test_a_model_that_knows_all_signs_gets_the_text_as_it_is():
    found = fitted(examples("Hello, you!", "A  B\nC"), lambda sign: True)
    assert (texts(found), found.warnings) == (["Hello, you!", "A B C"], [])


def test_a_model_without_capitals_and_punctuation_gets_small_letters_alone():
    found = fitted(examples("Hello, you! It's a well-known", "Yes."), small)
    assert texts(found) == ["hello you it's a well known", "yes"]
    assert found.unknown == {",": 1, "!": 1, ".": 1, "-": 1}
    (warning,) = found.warnings
    for said in (", (1)", "! (1)", ". (1)"):
        assert said in warning


def test_an_apostrophe_is_written_as_the_model_does_or_left_out_of_its_word():
    assert texts(fitted(examples("Don’t, it's"), small)) == ["don't it's"]
    assert texts(fitted(examples("Don’t, it's"), str.isalpha)) == ["Dont its"]


def test_clips_that_need_an_unknown_letter_or_digit_are_left_out():
    found = fitted(examples("twelve of them", "12 of them", "Zoë came here", "...", "nothing is missing here"), small)
    assert texts(found) == ["twelve of them", "nothing is missing here"]
    assert found.left_out == 3
    assert "1 (1)" in found.warnings[0]
    assert "3 clips are left out" in found.warnings[1]


@pytest.mark.parametrize("text", ["Добрый день", "你好", "...", ""])
def test_transcripts_that_a_model_cannot_write_at_all_are_refused(text):
    with pytest.raises(InputError, match=r"cannot write|can write none"):
        fitted(examples(text), small)
