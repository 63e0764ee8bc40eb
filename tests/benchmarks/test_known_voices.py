"""The counting; with models and real clips one sitting of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.known_tally import Tally
from benchmarks.known_voices import (
    ALONE,
    SIZES,
    Meeting,
    Person,
    curve,
    enrolled,
    meet,
    people_in,
    sittings,
    tally,
    totals,
)
from benchmarks.staged import SETTINGS
from pipeline.known import Voiceprint
from pipeline.loading import Models
from pipeline.parting import Heard
from pipeline.types import SAMPLE_RATE, Audio, Span, Turn
from pipeline.voices import Marks, Part
from tests.benchmarks.test_staged import silence, tone

MARKS = Marks(known=0.7, margin=0.0, same=1.0, short=0.0, other=0.0)
AXES = np.eye(4, dtype=np.float32)
PRINTS = {name: Voiceprint(tuple(AXES[i].tolist()), "m@1", 5.0) for i, name in enumerate("abc")}


def meeting(**speakers: tuple[str, int]) -> Meeting:
    """Of each speaker, 5 s one after the other: who they are, and the axis of what they sound like."""
    spans = [Span(5.0 * number, 5.0 * number + 5) for number in range(len(speakers))]
    rows = list(zip(speakers.values(), spans, strict=True))
    truth = tuple(Turn(person, span.start, span.end) for (person, _), span in rows)
    turns = tuple(Turn(str(number), span.start, span.end) for number, span in enumerate(spans))
    parts = {str(number): [Part(span, AXES[axis], 5.0)] for number, ((_, axis), span) in enumerate(rows)}
    return Meeting(truth, Heard(turns, parts), 5.0 * len(spans))


def test_people_are_counted_once_known_and_once_as_strangers() -> None:
    found = tally([meeting(s0=("a", 0), s1=("b", 3))], PRINTS, MARKS)
    assert found == Tally(known=2, right=1, wrong=0, strangers=2, named=0)


def test_a_wrong_name_is_one_also_for_a_stranger() -> None:
    assert tally([meeting(s0=("a", 1))], PRINTS, MARKS) == Tally(known=1, right=0, wrong=1, strangers=1, named=1)
    # Nobody has a voiceprint of d, who then is only met as a stranger.
    assert tally([meeting(s0=("d", 1))], PRINTS, MARKS) == Tally(known=0, right=0, wrong=0, strangers=1, named=1)


def test_somebody_whose_second_speaker_has_another_name_is_named_wrong() -> None:
    found = tally([meeting(s0=("a", 0), s1=("a", 1))], PRINTS, MARKS)
    assert (found.right, found.wrong) == (0, 1)
    assert tally([meeting(s0=("a", 0), s1=("a", 3))], PRINTS, MARKS).right == 1


def test_the_curve_marks_the_threshold_in_use() -> None:
    lines = curve(totals({"x": [meeting(s0=("a", 0))]}, PRINTS, MARKS), MARKS.known).splitlines()
    assert sum("0.70 in use" in line for line in lines) == 1
    assert "100.0%" in next(line for line in lines if "in use" in line)


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


def test_real_people_are_known_again(models: Models, real_audio_dir: Path) -> None:
    people = people_in(real_audio_dir / "voices")[:8]
    prints, _ = enrolled(models, people)
    assert models.reader is not None
    found = Tally()
    for number, setting in enumerate((ALONE, SETTINGS[0])):
        met = [meet(models, *sitting) for sitting in sittings(people, setting, number)]
        found += tally(met, prints, models.reader.marks)
    assert found.right >= 0.85 * found.known
    assert (found.wrong, found.named) == (0, 0)
