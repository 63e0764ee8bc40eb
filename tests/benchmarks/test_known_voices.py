"""The counting; with models and real clips one sitting of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.known_people import ALONE, people_in, sittings
from benchmarks.known_tally import Tally
from benchmarks.known_voices import (
    Meeting,
    among,
    curve,
    enrolled,
    meet,
    tally,
    totals,
)
from benchmarks.staged import SETTINGS
from pipeline.known import Voiceprint
from pipeline.loading import Models
from pipeline.parting import Heard
from pipeline.types import Span, Turn
from pipeline.voices import Marks, Part

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


def test_a_stranger_among_people_who_are_known() -> None:
    both = meeting(s0=("a", 0), s1=("b", 1))
    assert among([both], PRINTS, MARKS) == Tally(among=2, among_named=0)
    assert among([meeting(s0=("a", 2), s1=("b", 1))], PRINTS, MARKS) == Tally(among=2, among_named=1)
    assert among([meeting(s0=("a", 0))], PRINTS, MARKS) == Tally()


def test_the_curve_marks_the_threshold_in_use() -> None:
    lines = curve(totals({"x": [meeting(s0=("a", 0))]}, PRINTS, MARKS), MARKS.known).splitlines()
    assert sum("0.70 in use" in line for line in lines) == 1
    assert "100.0%" in next(line for line in lines if "in use" in line)


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
