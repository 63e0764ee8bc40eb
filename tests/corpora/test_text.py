from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.text import normalised, one_line, text_of
from pipeline.types import Word


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a|b", "a b"),
        ("a\r\nb\tc", "a b c"),
        ("a\u2028b\u0085c\x00", "a b c"),
        ("  ", ""),
        ("“Ça – va?”", "“Ça – va?”"),
    ],
)
def test_text_is_one_line_without_the_separator(text, line):
    assert one_line(text) == line


def test_words_are_joined_as_their_language_is_written():
    words = [Word("你好", 0, 1), Word("世界", 1, 2)]
    assert text_of(words, "zh") == "你好世界"
    assert text_of(words, None) == "你好 世界"


def test_normalised_text_has_one_form_for_each_sign_and_keeps_case_and_numbers():
    assert normalised("“It’s ﬁne” — ‘12 %’…") == "\"It's fine\" - '12 %'..."
    assert normalised("ＡＢＣ\u00adx") == "ABCx"


@given(st.text())
def test_no_text_breaks_a_table(text):
    for made in (one_line(text), normalised(text)):
        assert "|" not in made
        assert len(made.splitlines()) <= 1
        assert made == made.strip()
    assert unicodedata.is_normalized("NFKC", normalised(text))
