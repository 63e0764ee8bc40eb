from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given

from formats.statistics import statistics
from pipeline.types import Conversation, Segment, Turn, Word
from settings import ROOT
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


MHM = (("A", 0, 5), ("A", 5.3, 10), ("B", 4.7, 5.2))  # across a pause for breath
BRIDGED = [
    (MHM, {"A": (1, 0, 0), "B": (1, 0, 0)}),
    ((("A", 0, 5), ("A", 5.3, 10), ("B", 5.05, 5.25)), {"A": (1, 0, 0), "B": (1, 0, 0)}),  # within it
    ((("A", 0, 5), ("A", 5.3, 10), ("B", 4.7, 5.5)), {"A": (1, 0, 0), "B": (1, 0, 0)}),  # a little beyond it
    ((("A", 0, 5), ("A", 5.3, 10), ("B", 4.7, 5.55)), {"A": (2, 1, 1), "B": (1, 1, 1)}),  # so far that it took over
    ((("A", 0, 5), ("A", 5.3, 10), ("B", 4.7, 20)), {"A": (2, 0, 1), "B": (1, 1, 0)}),
    ((("A", 0, 5), ("A", 6, 10), ("B", 4.7, 5.2)), {"A": (2, 0, 1), "B": (1, 1, 0)}),  # the pause is too long
    ((("A", 0, 5), ("A", 5.3, 10), ("B", 5.3, 12)), {"A": (1, 0, 1), "B": (1, 1, 0)}),
]


@pytest.mark.parametrize(("given", "wanted"), BRIDGED)
def test_a_pause_for_breath_is_part_of_a_turn(given, wanted):
    assert figures(turns(*given), "turns", "interruptions", "interrupted") == wanted


def test_a_pause_for_breath_is_no_speech():
    assert figures(turns(*MHM), "talk_time", "longest", "overlap") == {"A": (9.7, 10, 0.3), "B": (0.5, 0.5, 0.3)}


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node")
@pytest.mark.parametrize(("given", "wanted"), BRIDGED)
def test_the_page_counts_alike(given, wanted):
    rows = [{"speaker": who, "start_time": start, "end_time": end} for who, start, end in given]
    talk = {"speakers": ["A", "B"], "turns": rows, "conversation": []}
    code = f"""import {{ figures }} from {json.dumps((ROOT / "web/static/page/figures.js").as_uri())};
        console.log(JSON.stringify(figures({json.dumps(talk)}, () => false)));"""
    done = subprocess.run(["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True)
    found = {one["speaker"]: (one["turns"], one["interrupts"], one["interrupted"]) for one in json.loads(done.stdout)}
    assert found == wanted


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
