from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.der import diarization_errors
from evaluation.mistakes import KINDS, compare
from pipeline.types import Span, Turn

REGION = Span(0.0, 20.0)


def turn(speaker: str, start: float, end: float) -> Turn:
    return Turn(speaker, start, end)


@st.composite
def turns(draw: st.DrawFn, names: str) -> list[Turn]:
    """Of a few people, on tenths of a second, some beyond the region; a speaker's own may overlap."""
    rows = draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 220), st.integers(1, 60)), max_size=9))
    return [turn(name, start / 10, (start + length) / 10) for name, start, length in rows]


@given(turns("abc"), turns("xyzw"))
def test_the_stretches_are_the_seconds_that_der_counts(reference: list[Turn], hypothesis: list[Turn]) -> None:
    found, counted = compare(reference, hypothesis, REGION), diarization_errors(reference, hypothesis, REGION, 0.0)
    assert found.speech == pytest.approx(counted.speech, abs=1e-6)
    seconds = {kind: found.seconds(kind) for kind in KINDS}
    expected = {"missed": counted.missed, "false alarm": counted.false_alarm, "confusion": counted.confusion}
    assert seconds == pytest.approx(expected, abs=1e-6)
    assert (found.rate is None) == (counted.rate is None)
    assert found.rate is None or found.rate == pytest.approx(counted.rate, abs=1e-6)
    speakers = {"missed": {each.speaker for each in reference}}
    for mistake in found.mistakes:
        assert mistake.speaker in speakers.get(mistake.kind, {each.speaker for each in hypothesis})
        assert REGION.start <= mistake.start < mistake.end <= REGION.end


def test_where_they_are_and_whose() -> None:
    reference = [turn("anna", 0, 10), turn("ben", 10, 15)]
    hypothesis = [turn("S0", 0, 8), turn("S1", 8, 9), turn("S1", 10, 17)]
    found = compare(reference, hypothesis, REGION)
    assert found.matched == {"S0": "anna", "S1": "ben"}
    assert [(each.kind, each.speaker, each.start, each.end) for each in found.mistakes] == [
        ("confusion", "S1", 8.0, 9.0),
        ("missed", "anna", 9.0, 10.0),
        ("false alarm", "S1", 15.0, 17.0),
    ]
    assert found.rate == pytest.approx(4 / 15)


def test_a_stretch_is_one_however_others_begin_and_end_in_it() -> None:
    bens = [(2, 3), (5, 6), (11, 12)]
    reference = [turn("anna", 0, 10), *(turn("ben", *span) for span in bens)]
    found = compare(reference, [turn("S1", *span) for span in bens], REGION)
    assert [(each.speaker, each.start, each.end) for each in found.mistakes] == [("anna", 0.0, 10.0)]


@pytest.mark.parametrize(("reference", "hypothesis"), [([], []), ([], [turn("S0", 0, 1)]), ([turn("a", 0, 1)], [])])
def test_where_one_side_says_nothing(reference: list[Turn], hypothesis: list[Turn]) -> None:
    found = compare(reference, hypothesis, REGION)
    assert (found.seconds("missed"), found.seconds("false alarm")) == (len(reference), len(hypothesis))
