from __future__ import annotations

import numpy as np
import pytest

from pipeline.identification import comparable
from pipeline.known import KnownVoice, Voiceprint
from pipeline.parting import MIN_PARTED, Heard, parted, voices_of
from pipeline.types import Span, Turn
from pipeline.voices import Marks, Part

MARKS = Marks(known=0.7, margin=0.1, same=1.0, short=0.0, other=0.0)
AXES = np.eye(5, dtype=np.float32)
ANNA, BEN, CLEO = range(3)
KNOWN = comparable(
    [KnownVoice(name, (Voiceprint(tuple(AXES[i].tolist()), "m@1", 9.0),)) for i, name in enumerate(("A", "B", "C"))],
    "m@1",
)
MANY = 50


def part(start: float, end: float, voice: int | np.ndarray) -> Part:
    vector = AXES[voice] if isinstance(voice, int) else voice / np.linalg.norm(voice)
    return Part(Span(start, end), vector.astype(np.float32), end - start)


def rows(heard: Heard) -> list[tuple[str, float, float]]:
    return [(turn.speaker, turn.start, turn.end) for turn in heard.turns]


def test_a_known_voice_in_the_turns_of_another_becomes_a_speaker() -> None:
    turns = (Turn("0", 0, 4), Turn("1", 4, 9), Turn("0", 10, 12))
    heard = Heard(turns, {"0": [part(0, 4, ANNA), part(10, 12, BEN)], "1": [part(4, 9, CLEO)]})
    found = parted(heard, KNOWN, MARKS, MANY)
    assert rows(found) == [("0", 0, 4), ("1", 4, 9), ("2", 10, 12)]
    assert {name: int(voice.vector.argmax()) for name, voice in voices_of(found).items()} == {
        "0": ANNA,
        "1": CLEO,
        "2": BEN,
    }


def test_whoever_has_the_voice_already_gets_what_else_it_says() -> None:
    turns = (Turn("0", 0, 12), Turn("1", 12, 18), Turn("1", 19, 21))
    heard = Heard(turns, {"0": [part(0, 12, ANNA)], "1": [part(12, 18, BEN), part(19, 21, ANNA)]})
    for most in (2, MANY):
        found = parted(heard, KNOWN, MARKS, most)
        assert rows(found) == [("0", 0, 12), ("1", 12, 18), ("0", 19, 21)]
        assert {name: voice.seconds for name, voice in voices_of(found).items()} == {"0": 14, "1": 6}


def test_two_strays_of_one_voice_become_one_speaker() -> None:
    turns = (Turn("0", 0, 9), Turn("1", 9, 15))
    heard = Heard(turns, {"0": [part(0, 6, ANNA), part(6, 9, BEN)], "1": [part(9, 13, CLEO), part(13, 15, BEN)]})
    assert {row[0] for row in rows(parted(heard, KNOWN, MARKS, MANY))} == {"0", "1", "2"}


def test_a_turn_of_two_is_cut_between_their_parts_and_whoever_says_most_stays() -> None:
    heard = Heard((Turn("0", 0, 9),), {"0": [part(6, 9, ANNA), part(0, 2, BEN), part(2.4, 5.8, ANNA)]})
    assert rows(parted(heard, KNOWN, MARKS, MANY)) == [("1", 0, pytest.approx(2.2)), ("0", pytest.approx(2.2), 9)]


def test_a_known_voice_is_parted_from_a_stranger_too() -> None:
    heard = Heard((Turn("0", 0, 4), Turn("0", 5, 8)), {"0": [part(0, 4, 4), part(5, 8, BEN)]})
    assert rows(parted(heard, KNOWN, MARKS, MANY)) == [("0", 0, 4), ("1", 5, 8)]


@pytest.mark.parametrize(
    "parts",
    [
        [part(0, 4, ANNA), part(5, 8, ANNA)],
        [part(0, 4, 3), part(5, 8, 4)],  # two strangers: who they are nobody knows
        [part(0, 4, ANNA), part(5, 5 + MIN_PARTED - 0.1, BEN)],  # too little
        [part(0, 4, 4), part(5, 8, AXES[BEN] + AXES[CLEO])],  # like two of them
        [part(0, 4, ANNA), part(5, 8, 0.8 * AXES[ANNA] + AXES[4])],  # somewhat like Anna, and like nobody else
        [],
    ],
)
def test_what_is_not_surely_another_known_voice_stays(parts: list[Part]) -> None:
    turns = (Turn("0", 0, 4), Turn("0", 5, 8))
    assert rows(parted(Heard(turns, {"0": parts}), KNOWN, MARKS, MANY)) == [("0", 0, 4), ("0", 5, 8)]


def test_there_are_no_more_speakers_than_there_may_be() -> None:
    turns = (Turn("0", 0, 4), Turn("0", 5, 8), Turn("0", 9, 11))
    heard = Heard(turns, {"0": [part(0, 4, ANNA), part(5, 8, BEN), part(9, 11, CLEO)]})
    assert len({row[0] for row in rows(parted(heard, KNOWN, MARKS, MANY))}) == 3
    assert len({row[0] for row in rows(parted(heard, KNOWN, MARKS, 2))}) == 2
    assert rows(parted(heard, KNOWN, MARKS, 1)) == rows(heard)


def test_nobody_is_parted_where_nobody_is_known() -> None:
    heard = Heard((Turn("0", 0, 8),), {"0": [part(0, 4, ANNA), part(5, 8, BEN)]})
    assert parted(heard, comparable([], "m@1"), MARKS, MANY) is heard


def test_speech_without_parts_stays_whose_it_was() -> None:
    turns = (Turn("0", 0, 4), Turn("0", 4.5, 4.8), Turn("0", 5, 8))
    heard = Heard(turns, {"0": [part(0, 4, ANNA), part(5, 8, BEN)]})
    assert rows(parted(heard, KNOWN, MARKS, MANY)) == [("0", 0, 4), ("0", 4.5, 4.8), ("1", 5, 8)]
