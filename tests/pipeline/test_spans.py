"""Spans from probabilities, beside NeMo's own functions."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.parameters import VadParameters
from pipeline.spans import spans_by
from pipeline.types import Span

shares = st.floats(0, 1, width=32)
seconds = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 0.37])
rules = st.builds(
    VadParameters, onset=shares, offset=shares, pad_onset=seconds, pad_offset=seconds, min_duration_on=seconds,
    min_duration_off=seconds, filter_speech_first=st.booleans(),
)  # fmt: skip


def nemos(rules: VadParameters, probability: np.ndarray, frame: float) -> list[list[float]]:
    from nemo.collections.asr.parts.utils.vad_utils import generate_vad_segment_table_per_tensor

    names = ("onset", "offset", "pad_onset", "pad_offset", "min_duration_on", "min_duration_off")
    own = {name: float(value) for name, value in asdict(rules).items() if name in names}
    own |= {"frame_length_in_sec": frame, "filter_speech_first": float(rules.filter_speech_first)}
    rows = generate_vad_segment_table_per_tensor(torch.from_numpy(probability), own)[..., :2].tolist()
    return [[start, end] for start, end in rows if start < end]


@given(rules=rules, values=st.lists(shares, min_size=1, max_size=80), frame=st.sampled_from([0.01, 0.02, 0.08]))
def test_spans_are_nemos(rules: VadParameters, values: list[float], frame: float) -> None:
    """To the last bit, so that a span just as long as a limit is decided alike."""
    probability = np.array(values, np.float32)
    spans = spans_by(rules, probability, frame)
    assert [[span.start, span.end] for span in spans] == nemos(rules, probability, frame)


def test_speech_begins_above_onset_and_goes_on_above_offset() -> None:
    probability = np.array([0, 0.6, 0.9, 0.6, 0.6, 0.4, 0.6, 0], np.float32)
    assert spans_by(VadParameters(onset=0.8, offset=0.5, pad_onset=0, pad_offset=0, min_duration_on=0,
                                  min_duration_off=0), probability, 1.0) == [Span(2, 5)]  # fmt: skip


def test_nothing_above_onset_is_nothing() -> None:
    assert spans_by(VadParameters(), np.zeros(10, np.float32), 0.02) == []
    assert spans_by(VadParameters(), np.zeros(0, np.float32), 0.02) == []
