"""Parts of a spectrogram beside the spectrogram of the whole, as NeMo's featurizer makes it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from pipeline.mel import HOP, Extract, frame_count, mel_frames, statistics
from pipeline.types import Audio


@pytest.fixture(scope="module")
def extract() -> Extract:
    from nemo.collections.asr.parts.preprocessing.features import FilterbankFeatures

    featurizer = FilterbankFeatures(
        n_window_size=400, n_window_stride=HOP, n_fft=512, nfilt=40, normalize=None, dither=0.0, pad_to=0
    ).eval()
    return partial(_log_mel, featurizer)


def _log_mel(featurizer: torch.nn.Module, samples: np.ndarray) -> torch.Tensor:
    return featurizer(torch.from_numpy(samples)[None], torch.tensor([len(samples)]))[0][0].T


@pytest.mark.parametrize("samples", [7 * HOP, 101 * HOP, 101 * HOP + 1, 333 * HOP + 159])
@pytest.mark.parametrize("step", [7, 50, 1_000])
def test_parts_are_those_of_the_whole(samples: int, step: int, extract: Extract, sample: Audio) -> None:
    sound = sample.samples[5_000 : 5_000 + samples]
    frames = frame_count(sound)
    whole = extract(sound)[:frames]
    parts = [mel_frames(extract, sound, first, min(first + step, frames)) for first in range(0, frames, step)]
    assert torch.cat(parts).shape == whole.shape
    assert torch.allclose(torch.cat(parts), whole, atol=1e-4)


def test_a_part_takes_only_the_sound_around_it(extract: Extract, sample: Audio) -> None:
    heard: list[int] = []

    def spy(samples: np.ndarray) -> torch.Tensor:
        heard.append(len(samples))
        return extract(samples)

    statistics(spy, sample.samples, stretch=100)
    assert len(heard) == 72
    assert max(heard) <= 110 * HOP


def test_statistics_are_those_of_the_whole(extract: Extract, sample: Audio) -> None:
    whole = extract(sample.samples)[: frame_count(sample.samples)]
    mean, deviation = statistics(extract, sample.samples, stretch=999)
    assert torch.allclose(mean, whole.mean(0), atol=1e-4)
    assert torch.allclose(deviation, whole.std(0), atol=1e-4)


def test_one_frame_does_not_vary_and_no_frame_has_no_statistics(extract: Extract) -> None:
    mean, deviation = statistics(extract, np.full(HOP, 0.1, np.float32))
    assert torch.isfinite(mean).all()
    assert not deviation.any()
    with pytest.raises(ValueError, match="without a frame"):
        statistics(extract, np.zeros(HOP - 1, np.float32))
