"""The lean order of TitaNet's arithmetic, beside NeMo's."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.nemo_networks import block, speaker_network
from pipeline.lean_titanet import LeanTitaNet
from pipeline.nemo_checkpoints import restore


@pytest.fixture(scope="module")
def model(titanet: Path) -> Any:
    return restore(titanet, ("EncDecSpeakerLabelModel",), "embeddings")


@torch.inference_mode()
def nemos(model: Any, features: Tensor) -> Tensor:
    """In float32. features: (windows, frames, bands)."""
    lengths = torch.full((len(features),), features.shape[1])
    encoded, lengths = model.encoder(audio_signal=features.transpose(1, 2), length=lengths)
    return model.decoder(encoder_output=encoded, length=lengths)[1]


@pytest.mark.parametrize("frames", [150, 50, 11])
def test_it_is_the_same_network(model: Any, frames: int) -> None:
    """But for bfloat16's three digits."""
    features = torch.randn(20, frames, 80, generator=torch.Generator().manual_seed(frames))
    with torch.inference_mode():
        ours = LeanTitaNet(model)(features)
    theirs = nemos(model, features)
    assert ours.dtype == torch.float32
    assert torch.cosine_similarity(ours, theirs).min() > 0.999
    assert torch.allclose(ours.norm(dim=1), theirs.norm(dim=1), rtol=0.05)


def test_windows_of_a_batch_do_not_hear_each_other(model: Any) -> None:
    lean, features = LeanTitaNet(model), torch.randn(6, 40, 80)
    with torch.inference_mode():
        together, alone = lean(features), torch.cat([lean(window[None]) for window in features])
    assert torch.cosine_similarity(together, alone).min() > 0.9999


def test_the_model_stays_as_it_was(model: Any) -> None:
    before = copy.deepcopy(model.state_dict())
    LeanTitaNet(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert next(model.decoder.parameters()).dtype == torch.float32


def test_networks_of_another_kind_are_refused() -> None:
    plain = {**block(16, 1, 5, residual=False), "separable": False}
    strided = {**block(16, 1, 5, residual=False), "stride": [2]}
    for other in (plain, strided):
        with pytest.raises(ValueError, match="TitaNet"):
            LeanTitaNet(speaker_network([other, block(32, 1, 1, residual=False)], 2).eval())


def test_a_network_that_torch_would_never_come_back_from_is_refused() -> None:
    narrow = speaker_network([block(16, 1, 15, residual=False), block(32, 1, 1, residual=False)], 2).eval()
    with pytest.raises(ValueError, match="16 channels"):
        LeanTitaNet(narrow)
