from __future__ import annotations

import pytest
from hypothesis import given

from formats.statistics import statistics
from pipeline.types import Conversation, Segment, Turn, Word
from tests.formats.said import conversations, many


def turns(*given: tuple[str, float, float]) -> Conversation:
    return Conversation(turns=tuple(Turn(*one) for one in given), speakers=tuple(sorted({one[0] for one in given})))


def figures(conversation: Conversation, *names: str) -> dict[str, tuple]:
    return {one.name: tuple(getattr(one, name) for name in names) for one in statistics(conversation).speakers}


def test_talk_time_share_and_overlap():
    found = statistics(turns(("A", 0, 6), ("B", 4, 8), ("A", 9, 11)))
    assert (found.speech, found.overlap) == (10, 2)
    assert [(one.name, one.talk_time, one.share, one.turns, one.longest, one.overlap) for one in found.speakers] == [
        ("A", 8, 0.6667, 2, 6, 2),
        ("B", 4, 0.3333, 1, 4, 2),
    ]


def test_turns_of_one_speaker_that_overlap_or_meet_are_one():
    assert figures(turns(("A", 0, 2), ("A", 1, 3), ("A", 3, 4), ("A", 5, 5)), "talk_time", "turns") == {"A": (4, 1)}


@pytest.mark.parametrize(
    ("second", "third", "by", "of"),
    [
        ((4, 8), (20, 21), (0, 1, 0), (1, 0, 0)),  # it takes over
        ((4, 5), (20, 21), (0, 0, 0), (0, 0, 0)),  # a "yes" within the other's turn
        ((4, 6), (20, 21), (0, 0, 0), (0, 0, 0)),  # both end together
        ((5.8, 8), (20, 21), (0, 0, 0), (0, 0, 0)),  # begun a little early
        ((5.75, 8), (20, 21), (0, 1, 0), (1, 0, 0)),
        ((6, 8), (20, 21), (0, 0, 0), (0, 0, 0)),  # one after the other
        ((0, 8), (20, 21), (0, 0, 0), (0, 0, 0)),  # both begin together
        ((4, 8), (5, 9), (0, 1, 2), (2, 1, 0)),  # the third cuts both short
    ],
)
def test_an_interruption_takes_over(second, third, by, of):
    said = turns(("A", 0, 6), ("B", *second), ("C", *third))
    found = figures(said, "interruptions", "interrupted")
    assert tuple(found[name][0] for name in "ABC") == by
    assert tuple(found[name][1] for name in "ABC") == of


def test_words():
    words = (
        Word("One", 0, 1, 0.4),
        Word("two", 1, 2, 0.9, "A", 0.49),
        Word("three", 2, 3, 0.5, "A", 0.5),
        Word(" ", 3, 4),
    )
    said = Conversation(segments=(Segment("A", 0, 4, "One two three", words), Segment("B", 4, 5, "four five")))
    assert figures(said, "words", "words_per_minute", "low_confidence") == {"A": (3, 45.0, 2), "B": (2, 120.0, 0)}


def test_one_of_whom_nothing_is_known_but_the_name():
    (silent,) = statistics(Conversation(speakers=("A",))).speakers
    assert (silent.talk_time, silent.share, silent.words_per_minute) == (0, 0, None)
    assert statistics(Conversation()).speakers == ()


@many
@given(conversations())
def test_figures_agree_with_each_other(conversation):
    found = statistics(conversation)
    assert sum(one.share for one in found.speakers) == pytest.approx(1 if found.speech else 0, abs=0.001)
    assert found.overlap <= found.speech <= sum(one.talk_time for one in found.speakers) + 0.001
    assert all(one.overlap <= one.talk_time for one in found.speakers)
    assert sum(one.interruptions for one in found.speakers) == sum(one.interrupted for one in found.speakers)
