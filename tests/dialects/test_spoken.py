from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.spoken import following, spoken
from formats.folding import fold


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([], ""),
        (["", " "], ""),
        (["Shall we\nbegin?", " Yes. "], "Shall we begin? Yes."),
        (["", "Yes.", "", "No."], "Yes. No."),
        (["我们开始吧。", "好。"], "我们开始吧。好。"),
        (["はい。", "OK", "はい"], "はい。OKはい"),
        (["ครับ", "ค่ะ"], "ครับค่ะ"),
        (["시작할까요?", "네."], "시작할까요? 네."),
    ],
)
def test_pieces_stand_apart_where_their_script_has_spaces(pieces: list[str], text: str) -> None:
    assert spoken(pieces) == text


@given(st.lists(st.text()))
def test_it_is_one_line_that_grows_at_its_end_alone(pieces: list[str]) -> None:
    texts = [spoken(pieces[:count]) for count in range(len(pieces) + 1)]
    for before, after, piece in zip(texts, texts[1:], pieces, strict=False):
        assert after == before + following(before, piece)
    assert texts[-1] == fold(texts[-1])
