from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.languages import PATTERN, code_of
from pipeline.languages import LANGUAGES


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("en_uk", "en"),
        ("zh-Hant-TW", "zh"),
        ("jv", "jw"),
        ("NB", "no"),
        ("multi", None),
        ("", None),
    ],
)
def test_a_tag_has_our_code(tag: str, code: str | None) -> None:
    assert code_of(tag) == code


@given(st.from_regex(PATTERN))
def test_whatever_is_described_is_taken(tag: str) -> None:
    assert code_of(tag) in LANGUAGES


def test_all_of_ours_are_described() -> None:
    assert all(re.fullmatch(PATTERN, code) for code in LANGUAGES)
