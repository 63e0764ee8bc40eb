from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import formats
from errors import InvalidEdit
from pipeline.conversation import build_conversation
from pipeline.edits import edited, merge, reassign, rename, with_names_of
from pipeline.known import Identity
from pipeline.merge import assign_speakers
from pipeline.types import Conversation, Turn, Word
from tests.pipeline.test_merge import sentence, talks

WORDS = [
    *sentence(0.2, "Good morning everybody."),
    *sentence(2.2, "Good morning to you."),
    *sentence(4.2, "Fine."),
    *sentence(6.2, "And now?"),
]
TURNS = [Turn("a", 0.1, 1.5), Turn("b", 2.1, 3.8), Turn("a", 4.1, 5.0), Turn("c", 6.0, 7.0)]


def made(words: Sequence[Word] = WORDS, turns: Sequence[Turn] = TURNS) -> Conversation:
    return build_conversation([assign_speakers(words, turns)], turns, 60.0, "en")


def said(conversation: Conversation) -> list[tuple[str, str]]:
    return [(segment.speaker[-2:], segment.text) for segment in conversation.segments]


def drawn(conversation: Conversation) -> list[tuple[str, float, float]]:
    return [(turn.speaker[-2:], round(turn.start, 2), round(turn.end, 2)) for turn in conversation.turns]


def test_a_name_is_everywhere() -> None:
    named = rename(replace(made(), channels=("SPEAKER_01", "SPEAKER_00")), "SPEAKER_00", "  Anna  Müller ")
    assert named.channels == ("SPEAKER_01", "Anna Müller")
    assert named.speakers == ("Anna Müller", "SPEAKER_01", "SPEAKER_02")
    assert [segment.speaker for segment in named.segments][:3] == ["Anna Müller", "SPEAKER_01", "Anna Müller"]
    assert all(word.speaker == segment.speaker for segment in named.segments for word in segment.words)
    for name in ("json", "txt", "srt", "vtt", "rttm", "seglst"):
        text = formats.negotiate(name, None).render(named, name="x", words=True)
        assert re.search("Anna[ _]Müller", text), name
        assert "SPEAKER_00" not in text


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b", "SPEAKER_01", "\u2028"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(InvalidEdit) as refused:
        rename(made(), "SPEAKER_00", name)
    assert refused.value.field == "name"


def test_two_speakers_become_one_and_so_do_their_neighbouring_segments_and_turns() -> None:
    one = merge(made(), "SPEAKER_01", "SPEAKER_00")
    assert said(one) == [("00", "Good morning everybody. Good morning to you. Fine."), ("02", "And now?")]
    assert one.speakers == ("SPEAKER_00", "SPEAKER_02")
    assert {turn.speaker for turn in one.turns} == set(one.speakers)
    assert merge(one, "SPEAKER_00", "SPEAKER_00") == one


def test_a_segment_is_split_off_for_somebody_new() -> None:
    split = reassign(made(), 2)
    assert said(split)[2] == ("03", "Fine.")
    assert split.speakers[-1] == "SPEAKER_03"
    assert drawn(split)[2:] == [("03", 4.1, 5.0), ("02", 6.0, 7.0)]
    assert said(reassign(split, 2, "SPEAKER_00")) == said(made())


def test_words_are_given_to_another_speaker() -> None:
    moved = reassign(made(), 1, "SPEAKER_00", (0, 1))
    assert said(moved)[:2] == [("00", "Good morning everybody. Good morning"), ("01", "to you.")]
    assert [word.speaker_confidence for word in moved.segments[0].words[-2:]] == [1.0, 1.0]
    middle = reassign(made(), 1, "SPEAKER_02", (1, 2))
    assert said(middle)[1:4] == [("01", "Good"), ("02", "morning to"), ("01", "you.")]


def test_who_says_nothing_any_more_is_gone() -> None:
    gone = reassign(made(), 3, "SPEAKER_01")
    assert gone.speakers == ("SPEAKER_00", "SPEAKER_01")
    assert drawn(gone)[-1] == ("01", 6.0, 7.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"edit": "rename", "speaker": "nobody", "name": "x"}, "speaker"),
        ({"edit": "merge", "speaker": "nobody", "into": "SPEAKER_00"}, "speaker"),
        ({"edit": "merge", "speaker": "SPEAKER_00", "into": "nobody"}, "into"),
        ({"edit": "reassign", "segment": 4}, "segment"),
        ({"edit": "reassign", "segment": -1}, "segment"),
        ({"edit": "reassign", "segment": 0, "speaker": "nobody"}, "speaker"),
        ({"edit": "reassign", "segment": 0, "words": [0, 3]}, "words"),
        ({"edit": "reassign", "segment": 0, "words": [2, 1]}, "words"),
    ],
)
def test_edits_of_what_is_not_there_are_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidEdit) as refused:
        edited(made(), change)
    assert refused.value.field == field


@given(talks(), st.data())
def test_every_word_stays_in_its_order_whatever_is_edited(
    talk: tuple[list[Word], list[Turn]], data: st.DataObject
) -> None:
    before = after = made(*talk)
    for _ in range(data.draw(st.integers(1, 4))):
        speakers = st.sampled_from(after.speakers)
        if data.draw(st.booleans()):
            after = merge(after, data.draw(speakers), data.draw(speakers))
        else:
            index = data.draw(st.integers(0, len(after.segments) - 1))
            last = len(after.segments[index].words) - 1
            words = sorted(data.draw(st.tuples(st.integers(0, last), st.integers(0, last))))
            after = reassign(after, index, data.draw(st.none() | speakers), words)
    assert bare(after) == bare(before)
    assert [turn.start for turn in after.turns] == sorted(turn.start for turn in after.turns)
    for segment in after.segments:
        assert {word.speaker for word in segment.words} == {segment.speaker}
        assert segment.text == " ".join(word.text for word in segment.words)
    assert {item.speaker for item in (*after.segments, *after.turns)} == set(after.speakers)


def bare(conversation: Conversation) -> list[Word]:
    words = [word for segment in conversation.segments for word in segment.words]
    return [replace(word, speaker=None, speaker_confidence=None) for word in words]


def test_names_go_with_the_voice_when_others_are_found() -> None:
    named = rename(rename(made(), "SPEAKER_00", "Anna"), "SPEAKER_02", "Tom")
    swapped = replace(made(turns=[replace(turn, speaker={"a": "z"}.get(turn.speaker, "y")) for turn in TURNS]))
    found = with_names_of(named, swapped, re.compile("(?!SPEAKER_)"))
    assert found.speakers == ("Anna", "Tom")
    assert said(found)[0][1].startswith("Good morning everybody")
    assert [segment.speaker for segment in found.segments] == ["Anna", "Tom", "Anna", "Tom"]


def test_segments_of_two_channels_stay_in_order() -> None:
    long = [Word(f"{i}.", i, i + 0.8) for i in range(12)]
    turns = [Turn("a", 0, 12), Turn("b", 4, 7)]
    streams = [assign_speakers(long, turns[:1]), assign_speakers([Word("b", 4.0, 6.8)], turns[1:])]
    both = build_conversation(streams, turns, 60.0, "en")
    split = reassign(both, 0, None, (8, 9))
    starts = [segment.start for segment in split.segments]
    assert starts == sorted(starts)
    assert len(starts) == 4


def by_voice(conversation: Conversation, **names: str | None) -> Conversation:
    """As if speakers a, b, c had been looked for among known voices."""
    identities = [Identity(speaker, name, 0.8) for speaker, name in names.items()]
    return build_conversation([assign_speakers(WORDS, TURNS)], TURNS, 60.0, "en", identities)


def test_identities_follow_their_speakers() -> None:
    known = by_voice(made(), a="Anna", b=None, c="Tom")
    assert known.speakers == ("Anna", "SPEAKER_01", "Tom")
    renamed = rename(known, "Anna", "Dr. Anna")
    assert (renamed.identities[0].speaker, renamed.identities[0].name) == ("Dr. Anna", "Anna")
    merged = merge(known, "SPEAKER_01", "Anna")
    assert [(one.speaker, one.name) for one in merged.identities] == [("Anna", "Anna"), ("Tom", "Tom")]
    gone = reassign(known, 3, "SPEAKER_01")
    assert [one.speaker for one in gone.identities] == ["Anna", "SPEAKER_01"]


def test_names_by_voice_are_found_anew_and_those_that_people_gave_win() -> None:
    given = re.compile(r"(?!SPEAKER_\d+$)")
    before = rename(by_voice(made(), a="Anna", b="Ben", c=None), "SPEAKER_02", "Tom")
    after = by_voice(made(), a=None, b="Anna", c="Ben")
    found = with_names_of(before, after, given)
    assert found.speakers == ("SPEAKER_00", "Anna", "Tom")
    assert [(one.speaker, one.name) for one in found.identities] == [
        ("SPEAKER_00", None), ("Anna", "Anna"), ("Tom", "Ben"),
    ]  # fmt: skip
    by_hand = rename(by_voice(made(), a=None, b=None, c=None), "SPEAKER_00", "Anna")
    assert with_names_of(by_hand, after, given).speakers == ("Anna", "SPEAKER_01", "Ben")
