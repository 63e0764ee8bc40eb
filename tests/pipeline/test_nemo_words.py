"""NeMo's hypotheses and the holes in them."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.nemo_words import Stamped, in_order, placed, stamped
from pipeline.types import Span, Word

FRAME = 0.04


def hypothesis(text: str, *tokens: tuple[str, int, int], confidence: Any = None) -> Any:
    """tokens: what each spells, its first and last step. As RNN-T gives them: each in a list."""
    chars = [{"char": [spelt], "start_offset": start, "end_offset": end} for spelt, start, end in tokens]
    return SimpleNamespace(text=text, timestamp={"char": chars}, token_confidence=confidence)


def words(hypothesis: Any, duration: float = 4.0, *, ctc: bool = False) -> list[tuple[str, int, int]]:
    """text, start, end in steps"""
    found = stamped(hypothesis, FRAME, duration, ctc=ctc)
    return [(word.text, round(word.start / FRAME), round(word.end / FRAME)) for word in found]


HELLO = (("He", 10, 11), ("llo", 12, 13), (",", 20, 21), ("you", 30, 32), ("!", 33, 34))


def test_a_word_has_the_time_and_the_least_confidence_of_the_tokens_that_spell_it() -> None:
    heard = hypothesis("Hello, you!", *HELLO, confidence=[0.9, 0.5, 0.8, 0.7, 0.99])
    assert words(heard) == [("Hello,", 10, 21), ("you!", 30, 34)]
    assert [word.confidence for word in stamped(heard, FRAME, 4.0, ctc=False)] == [0.5, 0.7]
    assert not any(word.interpolated for word in stamped(heard, FRAME, 4.0, ctc=False))


def test_it_is_decided_at_the_start_of_a_transducers_token_and_at_the_end_of_one_of_ctc() -> None:
    heard = hypothesis("Hello, you!", *HELLO)
    assert [round(word.at / FRAME) for word in stamped(heard, FRAME, 4.0, ctc=False)] == [10, 30]
    assert [round(word.at / FRAME) for word in stamped(heard, FRAME, 4.0, ctc=True)] == [11, 32]


def test_a_bare_start_belongs_to_the_word_after_it_and_a_space_to_none() -> None:
    assert words(hypothesis("a bc", ("a", 1, 2), ("", 5, 6), ("bc", 7, 8))) == [("a", 1, 2), ("bc", 5, 8)]
    assert words(hypothesis("a bc", ("a", 1, 2), (" ", 5, 6), ("b", 7, 8), ("c", 9, 10))) == [
        ("a", 1, 2),
        ("bc", 7, 10),
    ]


def test_a_wrong_count_of_confidences_gives_none() -> None:
    """And no wrong ones, nor an error as in NeMo's own joining."""
    for confidence in ([0.5], [], [0.1] * 9):
        found = stamped(hypothesis("Hello, you!", *HELLO, confidence=confidence), FRAME, 4.0, ctc=False)
        assert [word.confidence for word in found] == [None, None]


@pytest.mark.parametrize("timestamp", [[], {}, {"char": []}, {"word": []}])
@pytest.mark.parametrize("text", ["", None])
def test_an_empty_hypothesis_has_no_words(timestamp: Any, text: str | None) -> None:
    nothing = SimpleNamespace(text=text, timestamp=timestamp, token_confidence=None)
    assert stamped(nothing, FRAME, 4.0, ctc=True) == []


def test_words_without_times_share_the_sound_and_say_so() -> None:
    heard = SimpleNamespace(text="aaa b", timestamp=[], token_confidence=None)
    found = stamped(heard, FRAME, 4.0, ctc=True)
    assert [(word.text, word.start, word.end) for word in found] == [("aaa", 0, 3), ("b", 3, 4)]
    assert all(word.interpolated for word in found)


def test_a_word_without_a_token_of_its_own_lies_between_its_neighbours() -> None:
    """One token spells two words."""
    heard = hypothesis("one two three", ("onetwo", 10, 20), ("three", 40, 50))
    assert words(heard) == [("one", 10, 20), ("two", 20, 40), ("three", 40, 50)]
    assert [word.interpolated for word in stamped(heard, FRAME, 4.0, ctc=False)] == [False, True, False]


def test_tokens_that_spell_another_text_are_not_believed() -> None:
    found = stamped(hypothesis("something else", ("so", 10, 20)), FRAME, 4.0, ctc=False)
    assert [word.interpolated for word in found] == [True, True]
    assert (found[0].start, found[-1].end) == (0.0, 4.0)


def test_only_plain_numbers_come_out() -> None:
    """CTC's steps are numpy's, its confidences torch's: neither can be written as JSON."""
    heard = hypothesis("a", ("a", 1, 2), confidence=[torch.tensor(1.0000001)])
    heard.timestamp["char"][0] |= {"start_offset": np.int64(3), "end_offset": np.int64(5), "char": "a"}
    (word,) = stamped(heard, FRAME, 4.0, ctc=True)
    assert json.loads(json.dumps(asdict(placed(word, [Span(0, 4)]))))["confidence"] == 1.0
    assert {type(value) for value in (word.start, word.end, word.at, word.confidence)} == {float}


REGIONS = [Span(1, 2), Span(3, 4)]


@pytest.mark.parametrize(
    ("start", "end", "at", "placed_at"),
    [
        (1.2, 1.6, 1.2, (1.2, 1.6)),
        (1.8, 3.3, 3.1, (3.0, 3.3)),  # as CTC: the start is the end of the word before
        (1.8, 3.3, 1.8, (1.8, 2.0)),  # as RNN-T: a full stop that is written only after the pause
        (0.8, 1.3, 0.8, (1.0, 1.3)),
        (2.1, 2.3, 2.2, (2.0, 2.0)),
        (3.9, 4.6, 3.9, (3.9, 4.0)),
    ],
)
def test_a_word_stays_in_the_speech_it_was_decided_in(
    start: float, end: float, at: float, placed_at: tuple[float, float]
) -> None:
    word = placed(Stamped("a", start, end, at, 0.5), REGIONS)
    assert (word.start, word.end) == placed_at
    assert word.confidence == 0.5


def test_words_stay_in_the_order_in_which_they_were_said() -> None:
    """As at a seam, whose two sides time a word a little differently."""
    words = [Word("after", 17.13, 17.53), Word("lunch.", 17.09, 17.12), Word("Yes,", 17.12, 18.7)]
    assert in_order(words) == [Word("after", 17.13, 17.53), Word("lunch.", 17.13, 17.13), Word("Yes,", 17.13, 18.7)]
