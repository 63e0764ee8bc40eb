from __future__ import annotations

from hypothesis import given

from pipeline.conversation import build_conversation
from pipeline.draft import Draft
from pipeline.merge import assign_speakers
from pipeline.types import Segment, Turn, Word
from tests.pipeline.test_merge import sentence, talks


@given(talks())
def test_segments_are_told_once_in_order_and_are_those_of_the_result(talk: tuple[list[Word], list[Turn]]) -> None:
    words, turns = talk
    told = list[Segment]()
    draft = Draft(told.extend, turns)
    for count in range(len(words)):
        draft.grow(words[:count], "en")
    result = build_conversation([assign_speakers(words, turns)], turns, 60.0, "en")
    assert tuple(told) == result.segments[: len(told)]
    draft.finish(result)
    assert tuple(told) == result.segments


def test_a_segment_is_told_as_soon_as_the_next_one_is_sure() -> None:
    told = list[Segment]()
    turns = [Turn("B", 0.1, 1.5), Turn("A", 2.1, 4.0)]
    draft = Draft(told.extend, turns)
    draft.grow(sentence(0.2, "Good morning everybody."), "en")
    assert told == []
    draft.grow(sentence(0.2, "Good morning everybody.") + sentence(2.2, "Good morning to you."), "en")
    assert [(segment.speaker, segment.text) for segment in told] == [("SPEAKER_00", "Good morning everybody.")]


def test_without_a_listener_or_turns_nothing_is_told() -> None:
    Draft(None, [Turn("A", 0, 1)]).grow(sentence(0.2, "Fine. Good."), "en")
    Draft([].extend).grow(sentence(0.2, "Fine. Good."), "en")
