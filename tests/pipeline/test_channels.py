from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.annotations import read_seglst
from pipeline.channels import channel_turns
from pipeline.loading import Models
from pipeline.types import Audio, Segment, Turn
from settings import ROOT


@pytest.fixture(scope="module")
def said() -> list[Segment]:
    """What mara and tom say in the sample while nobody else speaks."""
    script = read_seglst(ROOT / "samples" / "planning_meeting.seglst.json")

    def alone(one: Segment) -> bool:
        return all(one is other or one.end < other.start or other.end < one.start for other in script)

    return [one for one in script if one.speaker in ("mara", "tom") and alone(one)]


def microphone(sample: Audio, said: Sequence[Segment], speaker: str) -> np.ndarray:
    """Only what one person says, and the faint hiss of a quiet room."""
    samples = np.random.default_rng(len(speaker)).normal(0, 1e-4, len(sample.samples)).astype(np.float32)
    for one in said:
        if one.speaker == speaker:
            start, end = (round(time * sample.sample_rate) for time in (one.start - 0.1, one.end + 0.1))
            samples[start:end] += sample.samples[start:end]
    return samples


def seconds_in(turns: Sequence[Turn], said: Sequence[Segment], speaker: str) -> float:
    """Share of a person's speech that lies in the turns."""
    own = [one for one in said if one.speaker == speaker]
    shared = sum(max(0.0, min(t.end, one.end) - max(t.start, one.start)) for t in turns for one in own)
    return shared / sum(one.end - one.start for one in own)


@pytest.mark.parametrize("crosstalk", [0.0, 0.1])
def test_each_channel_has_its_own_speaker_and_not_the_one_it_overhears(
    crosstalk: float, models: Models, sample: Audio, said: list[Segment]
) -> None:
    mara, tom = (microphone(sample, said, name) for name in ("mara", "tom"))
    channels = [Audio(mara + crosstalk * tom), Audio(tom + crosstalk * mara)]
    of_mara, of_tom = channel_turns(models.detector, channels)
    assert {turn.speaker for turn in of_mara} == {"0"}
    assert {turn.speaker for turn in of_tom} == {"1"}
    for turns, own, other in ((of_mara, "mara", "tom"), (of_tom, "tom", "mara")):
        assert seconds_in(turns, said, own) > 0.95
        assert seconds_in(turns, said, other) < 0.02
        assert turns == sorted(turns, key=lambda turn: turn.start)


def test_both_are_heard_where_both_speak(models: Models, sample: Audio, said: list[Segment]) -> None:
    mara = microphone(sample, said, "mara")
    other = Audio(0.5 * mara)  # as loud as somebody who sits a little farther away
    turns = channel_turns(models.detector, [Audio(mara), other])
    assert all(seconds_in(own, said, "mara") > 0.95 for own in turns)


def test_silent_channels_have_no_turns_and_one_channel_is_enough(models: Models, sample: Audio) -> None:
    silence = Audio(np.zeros(5 * 16_000, np.float32))
    speech = Audio(sample.cut(0, 5).copy())
    assert channel_turns(models.detector, [silence, silence]) == [[], []]
    assert [len(turns) for turns in channel_turns(models.detector, [silence, speech])] == [0, 1]
    assert [len(turns) for turns in channel_turns(models.detector, [speech])] == [1]
