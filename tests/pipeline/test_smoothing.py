"""Smoothing, beside NeMo's own function."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline import smoothing
from pipeline.parameters import VadParameters
from pipeline.smoothing import smooth

shares = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60)
rules = st.builds(
    VadParameters,
    window_length_in_sec=st.sampled_from([0.15, 0.31, 0.63]),
    shift_length_in_sec=st.sampled_from([0.01, 0.02, 0.04]),
    smoothing=st.sampled_from(["median", "mean"]),
    overlap=st.sampled_from([0.0, 0.5, 0.7]),
)


def nemos(values: list[float], rules: VadParameters) -> np.ndarray:
    from nemo.collections.asr.parts.utils.vad_utils import generate_overlap_vad_seq_per_tensor

    names = ("window_length_in_sec", "shift_length_in_sec", "overlap")
    given = {name: float(getattr(rules, name)) for name in names}
    return generate_overlap_vad_seq_per_tensor(torch.tensor(values), given, rules.smoothing).numpy()


@given(shares, rules)
def test_frames_are_nemos(values: list[float], rules: VadParameters) -> None:
    np.testing.assert_array_equal(smooth(np.array(values, np.float32), rules), nemos(values, rules))


@pytest.mark.parametrize("how", ["median", "mean"])
def test_a_long_recording_is_smoothed_in_blocks_as_if_in_one(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(500, np.float32)
    rules = VadParameters(shift_length_in_sec=0.01, smoothing=how)
    whole = smooth(values, rules)
    monkeypatch.setattr(smoothing, "_BLOCK", 37)
    np.testing.assert_array_equal(smooth(values, rules), whole)
