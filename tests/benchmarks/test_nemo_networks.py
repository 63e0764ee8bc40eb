"""Networks of the published shapes: their size, and that everything is speech to the detectors."""

from __future__ import annotations

import pytest
import torch

from benchmarks.nemo_networks import block as titanet_block
from benchmarks.nemo_networks import frame_marblenet, speaker_network, titanet, window_marblenet
from pipeline.types import SAMPLE_RATE

NOISE = 0.01 * torch.randn(3, SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.full((3,), SAMPLE_RATE)


def test_titanet_has_the_published_size() -> None:
    model = titanet()
    encoder = sum(weight.numel() for weight in model.encoder.parameters())
    assert encoder == pytest.approx(19.4e6, rel=0.02)
    assert not model.training


def test_a_narrow_titanet_gives_vectors_of_the_same_length() -> None:
    with torch.inference_mode():
        _, vectors = titanet(16)(input_signal=NOISE, input_signal_length=LENGTHS)
    assert vectors.shape == (3, 192)


def test_the_weights_are_the_same_each_time() -> None:
    first, second = titanet(16).state_dict(), titanet(16).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_network_to_train_is_in_training_mode() -> None:
    assert speaker_network([titanet_block(16, 1, 3, residual=False)], 2).training


def test_everything_is_speech_to_the_detectors() -> None:
    for model in (window_marblenet(), frame_marblenet()):
        for signal in (NOISE, torch.zeros_like(NOISE)):
            with torch.inference_mode():
                scores = model(input_signal=signal, input_signal_length=LENGTHS)
            assert torch.softmax(scores, -1)[..., 1].min() > 0.99
