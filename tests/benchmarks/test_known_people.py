from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.known_people import ALONE, SIZES, Person, people_in, sittings
from benchmarks.staged import SETTINGS
from pipeline.types import SAMPLE_RATE, Audio
from tests.benchmarks.test_staged import silence, tone


def test_whoever_has_too_little_to_say_stays_away(tmp_path: Path) -> None:
    for number in range(2):
        soundfile.write(tmp_path / f"a-{number}.flac", tone(2), SAMPLE_RATE)
    assert [one.name for one in people_in(tmp_path, least=1.9)] == ["a"]
    assert people_in(tmp_path, least=3) == []


def test_half_of_what_somebody_says_makes_them_known(tmp_path: Path) -> None:
    one = np.concatenate([tone(3), silence(0.4), tone(3)])
    soundfile.write(tmp_path / "a-1.flac", one, SAMPLE_RATE)
    for number in range(3):
        soundfile.write(tmp_path / f"b-{number}.flac", tone(2 + number), SAMPLE_RATE)
    soundfile.write(tmp_path / "c-1.flac", silence(3), SAMPLE_RATE)
    a, b = people_in(tmp_path)
    assert (a.name, b.name) == ("a", "b")
    assert a.known.duration == pytest.approx(3.2, abs=0.25)
    assert [round(len(phrase) / SAMPLE_RATE) for phrase in a.said] == [3]
    assert (b.known.duration, len(b.said)) == (2.0, 2)


def test_everybody_sits_somewhere() -> None:
    people = [Person(str(i), Audio(tone(1)), (tone(1), tone(1))) for i in range(11)]
    together = [{turn.speaker for turn in turns} for _, turns in sittings(people, SETTINGS[0], seed=1)]
    assert sorted(name for names in together for name in names) == sorted(str(i) for i in range(11))
    assert [len(names) for names in together] == [SIZES[0], SIZES[1], 4]
    assert all(len({turn.speaker for turn in turns}) == 1 for _, turns in sittings(people, ALONE, seed=1))
