from __future__ import annotations

import pytest

from pipeline.languages import LANGUAGES, UNSPACED, is_latin, joined
from pipeline.loading import Models


def test_they_are_those_that_the_recogniser_knows(models: Models) -> None:
    """Its tokenizer names one more, which only larger models were taught."""
    whisper = models.recogniser._whisper
    assert [code for code in LANGUAGES if not whisper.knows(code)] == []
    assert not whisper.knows("yue")
    assert len(set(LANGUAGES)) == len(LANGUAGES) == 99
    assert set(UNSPACED) < set(LANGUAGES)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["今", "天", "。"], "今天。"),
        (["用", "Open", "Source", "的"], "用Open Source的"),
        (["OK,", "let", "us", "走", "Go!"], "OK, let us走Go!"),
        (["。", "Yes"], "。Yes"),
        ([], ""),
    ],
)
def test_only_latin_words_are_kept_apart_where_words_are_not(words: list[str], text: str) -> None:
    assert joined(words, "zh") == text


@pytest.mark.parametrize("language", ["en", "ko", None])
def test_elsewhere_every_word_is(language: str | None) -> None:
    assert joined(["今", "天"], language) == "今 天"


def test_latin_is_a_letter_or_a_digit() -> None:
    assert [sign for sign in "aZ7.,é今 " if is_latin(sign)] == ["a", "Z", "7"]
    assert not is_latin("")
