from __future__ import annotations

from formats.pieces import Piece, pieces
from pipeline.types import Segment, Word


def test_the_text_is_cut_where_words_begin():
    words = (Word("Well", 0.0, 0.5, 0.9), Word("yes.", 0.5, 3.0, 0.2))
    assert pieces(Segment("A", 0.0, 2.0, "“Well,\n yes.”", words)) == [
        Piece("“Well, ", 0.0, 0.5, 0.9),
        Piece("yes.”", 0.5, 2.0, 0.2),
    ]


def test_a_language_without_spaces_keeps_none():
    words = (Word("今天", 0.0, 0.5), Word("天气", 0.5, 1.0))
    assert [piece.text for piece in pieces(Segment("A", 0.0, 1.0, "今天天气。", words))] == ["今天", "天气。"]


def test_words_of_another_text_are_left_aside():
    found = pieces(Segment("A", 1.0, 2.0, "Oh no", (Word("unheard of", 1.0, 2.0),)))
    assert [(piece.text, round(piece.start, 3), round(piece.end, 3)) for piece in found] == [
        ("Oh ", 1.0, 1.6),
        ("no", 1.6, 2.0),
    ]
    assert pieces(Segment("A", 1.0, 2.0, " \n")) == []
