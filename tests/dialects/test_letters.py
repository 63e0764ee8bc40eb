from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialects.letters import Letters, letter, letters


def test_letters_go_on_after_the_last() -> None:
    expected = {0: "A", 25: "Z", 26: "AA", 27: "AB", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}
    assert {index: letter(index) for index in expected} == expected


def test_each_is_a_letter_of_its_own() -> None:
    assert len({letter(index) for index in range(2000)}) == 2000


def test_speakers_get_them_in_their_order() -> None:
    label = letters(["SPEAKER_00", "SPEAKER_01"])
    assert [label(name) for name in ("SPEAKER_01", "SPEAKER_00", "SPEAKER_01", "SPEAKER_02")] == ["B", "A", "B", "C"]


def test_known_ones_keep_their_names_and_no_letter_is_taken_for_one() -> None:
    label = Letters(known=("agent", "B"))
    assert [label(name) for name in ("SPEAKER_00", "agent", "SPEAKER_01", "B")] == ["A", "agent", "C", "B"]


@given(st.lists(st.text()), st.sets(st.text()))
def test_no_two_speakers_share_a_label(speakers: list[str], known: set[str]) -> None:
    label = letters(speakers, known)
    assert len({label(speaker) for speaker in speakers}) == len(set(speakers))
