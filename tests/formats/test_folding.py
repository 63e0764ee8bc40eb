from __future__ import annotations

import pytest

from formats.folding import field, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  a \t b ", "a b"),
        ("a\r\n\r\nb", "a b"),
        ("a\u2028b\u2029c\x0bd\x85e\u00a0f\u3000g", "a b c d e f g"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("a \x00 b", "a b"),
        ("\ud800lone", "lone"),
        ("\u202eשלום 👩‍👧", "\u202eשלום 👩‍👧"),
        ("\n \x00", ""),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


def test_a_field_has_no_white_space_and_is_never_empty():
    assert field(" my \n talk\u00a01 ") == "my_talk_1"
    assert field("\x00") == "unnamed"


def test_a_field_never_opens_a_comment():
    assert field(";; a") == "_;_a"
    assert field("; a") == ";_a"
