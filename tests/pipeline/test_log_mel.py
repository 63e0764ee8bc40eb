"""One spectrogram for all windows, beside the windows' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.log_mel import HOP, LogMel, normalised
from pipeline.nemo_checkpoints import restore
from pipeline.types import Audio


@pytest.fixture(scope="module")
def model(titanet: Path) -> Any:
    return restore(titanet, ("EncDecSpeakerLabelModel",), "embeddings")


def test_a_window_is_what_nemo_makes_of_it_but_for_its_edges(model: Any, sample: Audio) -> None:
    first, frames = 900, 150
    samples = torch.from_numpy(sample.samples[first * HOP : (first + frames) * HOP])[None]
    alone, length = model.preprocessor(input_signal=samples, length=torch.tensor([samples.shape[1]]))
    ours = normalised(LogMel(model)(sample.samples, first, first + frames)[None])
    theirs = alone[:, :, : int(length)].transpose(1, 2)
    assert ours.shape == theirs.shape == (1, frames, 80)
    assert (ours - theirs).abs()[:, 2:-2].mean() < 0.02


def test_parts_are_parts_of_the_whole(model: Any, sample: Audio) -> None:
    mel = LogMel(model)
    whole = mel(sample.samples, 0, 2_000)
    np.testing.assert_allclose(mel(sample.samples, 700, 900), whole[700:900], atol=1e-4)


def test_it_ends_with_the_recording(model: Any, sample: Audio) -> None:
    frames = len(sample.samples) // HOP
    assert len(LogMel(model)(sample.samples, frames - 30, frames + 20)) == 30


def test_the_model_keeps_its_own_normalisation(model: Any) -> None:
    LogMel(model)
    assert model.preprocessor.featurizer.normalize == "per_feature"


def test_a_model_that_normalises_otherwise_is_refused(frame_marblenet: Path) -> None:
    with pytest.raises(ValueError, match="share"):
        LogMel(restore(frame_marblenet, ("EncDecFrameClassificationModel",), "vad"))


def test_a_single_frame_is_no_fault() -> None:
    assert normalised(torch.ones(1, 1, 80)).isfinite().all()
