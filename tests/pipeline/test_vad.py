from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from errors import ModelError
from pipeline import vad
from pipeline.loading import Models
from pipeline.parameters import VadParameters
from pipeline.types import SAMPLE_RATE, Audio
from pipeline.vad import FRAME, SpeechDetector, speech_spans

# Between the turns of samples/planning_meeting.seglst.json nobody speaks; inside a turn somebody does.
SPOKEN, PAUSES = [(1.0, 5.5), (8.0, 12.0), (15.5, 18.0), (58.0, 61.0)], [(0.0, 0.25), (12.9, 13.1), (70.7, 71.0)]


def frames(start: float, end: float) -> slice:
    return slice(round(start / FRAME), round(end / FRAME))


def test_speech_and_pauses_of_the_sample_are_told_apart(models: Models, sample: Audio) -> None:
    probability = models.detector(sample)
    assert probability.dtype == np.float32
    assert len(probability) == pytest.approx(sample.duration / FRAME, abs=1)
    assert all(probability[frames(*turn)].mean() > 0.8 for turn in SPOKEN)
    assert all(probability[frames(*pause)].mean() < 0.3 for pause in PAUSES)


def test_a_long_recording_is_heard_in_stretches_as_if_in_one_go(
    models: Models, sample: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = models.detector(sample)
    monkeypatch.setattr(vad, "_STRETCH", 10 * SAMPLE_RATE)
    np.testing.assert_allclose(models.detector(sample), whole, atol=1e-5)


def test_spans_follow_the_rules_and_end_with_the_recording(models: Models, sample: Audio) -> None:
    model = models.detector._model
    seen: list[float] = []
    found = SpeechDetector(model, rules=VadParameters(pad_offset=0.5)).spans(sample, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert all(any(span.start <= start and end <= span.end for span in found) for start, end in SPOKEN)
    assert all(left.end < right.start for left, right in pairwise(found))
    assert found[-1].end <= sample.duration
    usual, long = (
        SpeechDetector(model, rules=rules).spans(sample) for rules in (None, VadParameters(min_duration_on=5))
    )
    assert 0 < len(long) < len(usual)
    assert SpeechDetector(model).spans(Audio(np.zeros(0, np.float32))) == []


@pytest.mark.parametrize("shape", [(1, 50, 3), (1, 100, 2), (1, 2)])
def test_a_network_of_other_frames_or_labels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="model_path"):
        SpeechDetector(lambda input_signal, input_signal_length: torch.zeros(shape))


def test_neither_silence_nor_noise_nor_a_tone_is_speech(models: Models) -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(0, 0.1, len(time))
    for sound in (0 * time, noise, 0.3 * np.sin(2 * np.pi * 120 * time)):
        assert models.detector(Audio(sound.astype(np.float32))).max() < 0.5


def probabilities(*levels: tuple[int, float]) -> np.ndarray:
    """(frames, probability), ..."""
    return np.concatenate([np.full(count, level, np.float32) for count, level in levels])


def spans(probability: np.ndarray, **settings: float) -> list[tuple[float, float]]:
    found = speech_spans(probability, 0.1, len(probability) * 0.1, **settings)
    return [(round(span.start, 3), round(span.end, 3)) for span in found]


def test_a_span_begins_at_the_onset_and_lasts_until_the_offset() -> None:
    probability = probabilities((10, 0.0), (5, 0.35), (5, 0.9), (5, 0.35), (10, 0.0), (5, 0.35), (10, 0.0))
    assert spans(probability, pad=0.0) == [(1.0, 2.5)]  # 0.35 goes on, but by itself it begins nothing


def test_spans_are_padded_within_the_recording_and_joined_where_they_meet() -> None:
    probability = probabilities((1, 0.0), (5, 0.9), (3, 0.0), (5, 0.9), (4, 0.0), (5, 0.9), (1, 0.0))
    assert spans(probability, pad=0.15) == [(0.0, 1.55), (1.65, 2.4)]
    assert spans(probability, pad=0.2) == [(0.0, 2.4)]


def test_silence_has_no_span() -> None:
    assert spans(probabilities((50, 0.1))) == []
    assert spans(np.zeros(0, np.float32)) == []


@given(st.lists(st.floats(0, 1, width=32), max_size=60), st.floats(0, 1))
def test_spans_hold_every_frame_of_speech_in_order_and_plain_numbers(levels: list[float], pad: float) -> None:
    probability, duration = np.array(levels, np.float32), len(levels) * 0.1
    found = speech_spans(probability, 0.1, duration, pad=pad)
    for index in np.flatnonzero(probability > 0.4):
        assert any(span.start <= (index + 0.5) * 0.1 <= span.end for span in found)
    assert all(left.end < right.start for left, right in pairwise(found))
    assert all(0 <= span.start < span.end <= duration for span in found)
    assert all(type(time) is float for span in found for time in (span.start, span.end))
