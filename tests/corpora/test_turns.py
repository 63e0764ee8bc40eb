from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpora.turns import Turns
from pipeline.types import Segment, Turn, Word

TIMES = st.integers(0, 20)
SPANS = st.tuples(TIMES, TIMES).map(sorted)


@given(st.lists(st.tuples(st.sampled_from("ABC"), SPANS)), SPANS)
def test_they_are_those_of_others_that_share_time_with_a_segment(given, span):
    turns = [Turn(speaker, start, end) for speaker, (start, end) in given]
    start, end = span
    segment = Segment("A", start, end, "a", (Word("a", start, end),))
    found = Turns(turns).beside(segment)
    assert {turn.speaker for turn in found} <= {"B", "C"}

    def shared(turns):
        return sum(max(0, min(end, turn.end) - max(start, turn.start)) for turn in turns if turn.speaker != "A")

    assert shared(found) == shared(turns)


def test_only_those_are_looked_at_that_are_near():
    turns = [Turn("B", second, second + 1) for second in range(10_000)]
    found = Turns(turns).beside(Segment("A", 50, 52, "a b", (Word("a", 50, 51), Word("b", 51, 52))))
    assert found == [Turn("B", 50, 51), Turn("B", 51, 52)]
