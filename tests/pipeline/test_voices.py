from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from errors import SeveralVoices, VoiceTooShort
from pipeline.types import SAMPLE_RATE, Audio, Span, Turn
from pipeline.voices import (
    ENOUGH,
    LONGEST,
    MIN_ENROLLED,
    Marks,
    Part,
    Stretches,
    completed,
    mean_voice,
    voice_of,
    voiceprint,
)

AUDIO = Audio(np.zeros(200 * SAMPLE_RATE, np.float32))
ONE, OTHER = (1.0, 0.0), (0.0, 1.0)


def stretches(*rows: tuple[tuple[float, float], float]) -> Stretches:
    return Stretches(np.array([row[0] for row in rows], np.float32).reshape(-1, 2), np.array([row[1] for row in rows]))


class Scripted:
    """Hears in a clip what it is given, and in spans a vector of their number; ``asked`` has them."""

    model, marks = "scripted@1", Marks(known=0.7, margin=0.1, same=1.0, short=0.5, other=0.0)

    def __init__(self, clip: Stretches) -> None:
        self._clip = clip
        self.asked: list[list[Span]] = []

    def alone(self, audio: Audio) -> Stretches:
        return self._clip

    def within(self, audio: Audio, spans: Sequence[Span]) -> Stretches:
        self.asked.append(list(spans))
        return stretches(*((ONE, span.duration) for span in spans))


def test_a_voice_is_the_mean_of_its_stretches_by_their_length() -> None:
    voice = mean_voice(stretches((ONE, 3.0), (OTHER, 4.0)))
    assert voice is not None
    assert voice.seconds == 7.0
    assert voice.vector == pytest.approx([0.6, 0.8])
    assert mean_voice(stretches()) is None


def test_a_clip_of_one_voice() -> None:
    found = voiceprint(Scripted(stretches((ONE, 2.0), ((0.8, 0.6), 2.0), (ONE, 1.0))), AUDIO)
    assert (found.model, found.seconds) == ("scripted@1", 5.0)
    assert np.linalg.norm(found.vector) == pytest.approx(1)
    assert all(type(value) is float for value in found.vector)


@pytest.mark.parametrize("clip", [stretches(), stretches((ONE, MIN_ENROLLED - 0.1))])
def test_too_little_speech_is_refused_with_its_seconds(clip: Stretches) -> None:
    with pytest.raises(VoiceTooShort, match=rf"has {clip.seconds.sum():.1f} s"):
        voiceprint(Scripted(clip), AUDIO)


def test_two_voices_are_refused_with_their_seconds() -> None:
    clip = stretches((ONE, 3.0), (OTHER, 2.0), (ONE, 1.0), (OTHER, 0.5))
    with pytest.raises(SeveralVoices, match=r"4\.0 s of one and 2\.5 s of another"):
        voiceprint(Scripted(clip), AUDIO)


def test_a_cough_is_no_second_voice_and_hides_none() -> None:
    cough = ((-1.0, 0.0), 0.4)
    assert voiceprint(Scripted(stretches((ONE, 3.0), cough, (ONE, 1.0))), AUDIO).seconds == 4.4
    with pytest.raises(SeveralVoices):
        voiceprint(Scripted(stretches((ONE, 3.0), cough, (OTHER, 2.0))), AUDIO)


def test_turns_are_heard_where_nobody_else_speaks() -> None:
    reader = Scripted(stretches())
    turns = [Turn("a", 1, 5), Turn("b", 4, 6), Turn("a", 5.8, 6.2), Turn("c", 4.5, 5), Turn("b", 5, 5.5)]
    parts = completed({}, reader, AUDIO, turns)
    assert reader.asked == [[Span(1.0, 4.0)], [Span(5.0, 5.8)]]
    assert {name: round(voice.seconds, 2) for name, own in parts.items() if (voice := voice_of(own))} == {
        "a": 3.0,
        "b": 0.8,
    }


def test_of_somebody_who_says_much_the_longest_turns_do_in_parts() -> None:
    reader = Scripted(stretches())
    parts = completed({}, reader, AUDIO, [Turn("a", 0, 10), Turn("a", 20, 65), Turn("a", 70, 100)])["a"]
    assert (parts[0].span.start, parts[-1].span.end) == (20.0, 85.0)
    assert max(part.span.duration for part in parts) <= LONGEST
    assert sum(part.seconds for part in parts) == pytest.approx(ENOUGH)


def test_what_the_diarizer_knows_is_not_heard_again() -> None:
    reader = Scripted(stretches())
    known = [Part(Span(0, 3), np.array(OTHER, np.float32), 3.0)]
    parts = completed({"a": known}, reader, AUDIO, [Turn("a", 0, 3), Turn("b", 5, 8)])
    assert reader.asked == [[Span(5.0, 8.0)]]
    assert parts["a"] is known
    assert completed({"a": known}, reader, AUDIO, [Turn("a", 0, 3)]) == {"a": known}
    assert len(reader.asked) == 1
