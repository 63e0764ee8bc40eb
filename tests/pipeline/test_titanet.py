"""Embeddings at several scales; the comparison with ClusteringDiarizer is in test_nemo_diarizer.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.nemo_networks import block, speaker_network
from pipeline.lanes import Lanes
from pipeline.nemo_checkpoints import restore
from pipeline.parameters import EmbeddingParameters
from pipeline.titanet import SpeakerEmbedder
from pipeline.types import Audio, Span

SPEECH = [Span(0.3, 6.4), Span(7.8, 12.7), Span(13.2, 13.4), Span(69.0, 71.0)]
PRECISIONS = ("fast", "exact")


@pytest.fixture(scope="module")
def model(titanet: Path) -> Any:
    return restore(titanet, ("EncDecSpeakerLabelModel",), "embeddings")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_window_of_every_scale_has_its_vector(model: Any, sample: Audio, precision: str) -> None:
    parameters = EmbeddingParameters((1.5, 0.5), (0.75, 0.25), (1.0, 0.7))
    long, short = SpeakerEmbedder(model, parameters, precision=precision)(sample, SPEECH)
    assert (long.weight, short.weight) == (1.0, 0.7)
    assert [len(scale.vectors) for scale in (long, short)] == [8 + 6 + 1 + 2, 24 + 19 + 1 + 7]
    for scale in (long, short):
        assert scale.vectors.shape == (len(scale.times), 192)
        assert scale.vectors.dtype == scale.times.dtype == torch.float32
        assert scale.vectors.isfinite().all()
    assert short.times[-1].tolist() == pytest.approx([70.5, 71.0])


def test_fast_windows_lie_close_to_the_exact_ones(model: Any, sample: Audio) -> None:
    fast, exact = (SpeakerEmbedder(model, precision=precision)(sample, SPEECH) for precision in PRECISIONS)
    for ours, theirs in zip(fast, exact, strict=True):
        alike = torch.cosine_similarity(ours.vectors, theirs.vectors)
        assert torch.equal(ours.times, theirs.times)
        assert alike.mean() > 0.999
        assert alike.min() > 0.98


@pytest.mark.parametrize("precision", PRECISIONS)
def test_lanes_change_next_to_nothing(model: Any, sample: Audio, precision: str) -> None:
    alone = SpeakerEmbedder(model, precision=precision)(sample, SPEECH)
    lanes = SpeakerEmbedder(model, precision=precision, lanes=Lanes(2))(sample, SPEECH)
    for one, other in zip(alone, lanes, strict=True):
        assert torch.cosine_similarity(one.vectors, other.vectors).min() > 0.9999


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_voice_is_nearer_to_itself_than_to_another(model: Any, sample: Audio, precision: str) -> None:
    """Of the sample's first three turns the first and the third are said by different people."""
    parameters = EmbeddingParameters((1.5,), (0.75,), (1.0,))
    first, third = (
        SpeakerEmbedder(model, parameters, precision=precision)(sample, [span])[0].vectors
        for span in (Span(0.5, 6.0), Span(15.5, 18.0))
    )
    own = torch.cosine_similarity(first[:1], first[1:]).mean()
    assert own > torch.cosine_similarity(first[:1], third).mean() + 0.3


@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_speech_gives_nothing(model: Any, sample: Audio, precision: str) -> None:
    embedder = SpeakerEmbedder(model, precision=precision)
    assert embedder(sample, []) == []
    assert embedder(sample, [Span(1.0, 1.04)]) == []


@pytest.mark.parametrize("precision", PRECISIONS)
def test_progress_rises_to_one(model: Any, sample: Audio, precision: str) -> None:
    seen: list[float] = []
    SpeakerEmbedder(model, precision=precision)(sample, [Span(0.3, 70.0)], seen.append)
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[-1] == 1.0


def test_a_network_of_another_kind_is_heard_through_nemos_own_classes(sample: Audio) -> None:
    torch.manual_seed(1)
    plain = {**block(16, 1, 5, residual=False), "separable": False}
    model = speaker_network([plain, block(32, 1, 1, residual=False)], 2).eval()
    fast, exact = (SpeakerEmbedder(model, precision=precision)(sample, SPEECH) for precision in PRECISIONS)
    for ours, theirs in zip(fast, exact, strict=True):
        assert torch.equal(ours.vectors, theirs.vectors)
