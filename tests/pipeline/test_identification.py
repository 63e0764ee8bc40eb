from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identification import LEAST, MIN_SECONDS, comparable, identify
from pipeline.known import KnownVoice, Voiceprint
from pipeline.voices import Marks, Voice

# Whose likeness is the cosine, however short what was said.
MARKS = Marks(known=0.6, margin=0.1, same=1.0, short=0.0, other=0.0)
Pair = tuple[float, float]


def at(degrees: float, seconds: float = 10.0) -> Voice:
    radians = np.radians(degrees)
    return Voice(np.array([np.cos(radians), np.sin(radians)], np.float32), seconds)


def known(*voices: tuple[str, float], model: str = "m@1") -> list[KnownVoice]:
    made = [(name, tuple(at(degrees).vector.tolist())) for name, degrees in voices]
    return [KnownVoice(name, (Voiceprint(vector, model, 5.0),)) for name, vector in made]


def test_whoever_is_like_somebody_known_has_the_name() -> None:
    who = comparable(known(("Anna", 0), ("Ben", 90)), "m@1")
    anna, nobody, ben = identify({"0": at(5), "1": at(200), "2": at(80)}, who, MARKS)
    assert (anna.speaker, anna.name, anna.reason, anna.seconds) == ("0", "Anna", None, 10.0)
    assert anna.score == pytest.approx(np.cos(np.radians(5)), abs=1e-3)
    assert anna.runner_up is not None
    assert (anna.runner_up.name, anna.runner_up.score) == ("Ben", pytest.approx(np.sin(np.radians(5)), abs=1e-3))
    assert (nobody.name, nobody.reason) == (None, "too_unlike")
    assert (ben.name, ben.reason) == ("Ben", None)


def test_between_two_is_nobody() -> None:
    (one,) = identify({"0": at(44)}, comparable(known(("Anna", 0), ("Ben", 90)), "m@1"), MARKS)
    assert (one.name, one.reason) == (None, "too_close")
    assert one.runner_up is not None
    assert one.score is not None
    assert 0 < one.score - one.runner_up.score < MARKS.margin


def test_too_little_speech_tells_nobody() -> None:
    who = comparable(known(("Anna", 0)), "m@1")
    short, silent = identify({"0": at(0, MIN_SECONDS - 0.1)}, who, MARKS, ["0", "1"])
    assert (short.name, short.reason, short.score) == (None, "too_short", 1.0)
    assert (silent.name, silent.reason, silent.score, silent.seconds) == (None, "too_short", None, 0.0)


def test_the_shorter_what_was_said_the_less_likeness_is_asked_for_but_for_the_shortest() -> None:
    marks = Marks(known=0.6, margin=0.0, same=1.0, short=1.0, other=0.0)
    who = comparable(known(("Anna", 0)), "m@1")
    long, short, shorter = (identify({"0": at(60, seconds)}, who, marks)[0] for seconds in (60, 3, 1.5))
    assert long.score == pytest.approx(0.5 * np.sqrt((1 + 1 / 60) * (1 + 1 / 5)), abs=1e-3)
    assert short.score == pytest.approx(0.5 * np.sqrt((1 + 1 / 3) * (1 + 1 / 5)), abs=1e-3)
    assert shorter.score == pytest.approx(0.5 * np.sqrt((1 + 1 / LEAST) * (1 + 1 / 5)), abs=1e-3)
    assert (long.name, short.name) == (None, "Anna")


def test_one_person_is_one_speaker_and_the_other_is_nobody_else() -> None:
    who = comparable(known(("Anna", 0), ("Ben", 60)), "m@1")
    further, nearer = identify({"0": at(20), "1": at(10)}, who, MARKS)
    assert (further.name, further.reason) == (None, "taken")
    assert further.score is not None
    assert further.score > MARKS.known
    assert nearer.name == "Anna"


def test_clips_of_one_name_are_one_voice_and_the_longer_counts_more() -> None:
    first, second = known(("Anna", 0), ("Anna", 40))
    who = comparable([first, second], "m@1")
    assert who.names == ("Anna",)
    assert identify({"0": at(20)}, who, MARKS)[0].score == pytest.approx(1, abs=1e-3)
    longer = KnownVoice("Anna", (Voiceprint(second.prints[0].vector, "m@1", 50.0),))
    (one,) = identify({"0": at(40)}, comparable([first, longer], "m@1"), MARKS)
    assert one.score == pytest.approx(1, abs=1e-2)


def test_what_another_network_knows_is_not_compared_but_counted() -> None:
    strange = known(("Ben", 0), ("Cleo", 0), model="other@1")
    who = comparable([*known(("Anna", 90)), *strange, KnownVoice("Anna", strange[0].prints)], "m@1")
    assert (who.names, who.others) == (("Anna",), 2)
    (one,) = identify({"0": at(0)}, who, MARKS)
    assert (one.name, one.runner_up) == (None, None)
    assert comparable(strange, "m@1").others == 2


def test_without_known_voices_nobody_is_compared() -> None:
    (one,) = identify({"0": at(0)}, comparable([], "m@1"), MARKS)
    assert (one.name, one.score, one.runner_up) == (None, None, None)


@given(
    st.lists(st.tuples(st.floats(0, 360), st.floats(0, 30)), max_size=6),
    st.lists(st.floats(0, 360), max_size=6),
)
def test_each_name_at_most_once_and_never_against_the_marks(heard: Sequence[Pair], enrolled: Sequence[float]) -> None:
    who = comparable(known(*((f"known {i}", degrees) for i, degrees in enumerate(enrolled))), "m@1")
    voices = {str(i): at(*one) for i, one in enumerate(heard)}
    found = identify(voices, who, MARKS)
    assert [one.speaker for one in found] == [*voices]
    names = [one.name for one in found if one.name]
    assert len(names) == len(set(names))
    for one in found:
        assert (one.name is None) == (one.reason is not None)
        if one.name:
            assert one.score is not None
            assert one.score >= MARKS.known
            assert one.seconds >= MIN_SECONDS
            assert one.runner_up is None or one.score - one.runner_up.score >= MARKS.margin - 1e-3
    for one in found:
        if one.reason == "taken":  # somebody who is at least as like has the name
            assert any(other.name and (other.score or 0) >= (one.score or 0) for other in found)
