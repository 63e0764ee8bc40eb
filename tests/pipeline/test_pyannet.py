from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.offline_models import load_segmentation
from pipeline.pyannet import FRAME_CENTRE, FRAME_STEP, FRAMES, HOP, POWERSET, WINDOW, PyanNet, sinc_filters
from pipeline.types import SAMPLE_RATE, Audio


@pytest.fixture(scope="module")
def net() -> PyanNet:
    return load_segmentation()


def windows_of(audio: Audio, hops: int, first: int = 20 * SAMPLE_RATE) -> torch.Tensor:
    return torch.from_numpy(audio.samples[first : first + WINDOW + hops * HOP])


@torch.inference_mode()
def test_a_stretch_of_windows_equals_every_window_by_itself(net: PyanNet, sample: Audio) -> None:
    stretch = windows_of(sample, hops=4).clone()
    stretch[: 5 * SAMPLE_RATE] *= 0.05  # levels and offsets differ between windows
    stretch[7 * SAMPLE_RATE :] += 0.1
    together = net(stretch)
    alone = torch.cat([net(stretch[k * HOP : k * HOP + WINDOW]) for k in range(5)])
    assert together.shape == (5, FRAMES, len(POWERSET))
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_the_front_end_equals_its_plain_formulation(net: PyanNet, sample: Audio) -> None:
    """Normalise the window, filter, rectify, pool, normalise: as SincNet is published."""
    window = windows_of(sample, hops=0)[None, None]
    filtered = torch.nn.functional.conv1d(net.wave_norm(window), net.filters, stride=10)
    pooled = torch.nn.functional.max_pool1d(filtered.abs(), 3)
    torch.testing.assert_close(net._filtered(window[0, 0]), pooled, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_classes_are_probabilities_and_loudness_does_not_matter(net: PyanNet, sample: Audio) -> None:
    window = windows_of(sample, hops=0)
    classes = net(window)
    torch.testing.assert_close(classes.sum(-1), torch.ones(1, FRAMES))
    assert (net(0.1 * window) - classes).abs().max() < 0.1  # all but the guard against division by zero


@torch.inference_mode()
def test_silence_one_voice_and_two_at_once_are_told_apart(net: PyanNet, sample: Audio) -> None:
    together = sample.cut(7.0, 17.0) + sample.cut(42.0, 52.0)
    speakers = torch.tensor(POWERSET).sum(1).float()
    silent = net(torch.zeros(WINDOW)) @ speakers
    one = net(torch.from_numpy(sample.cut(1.0, 11.0))) @ speakers
    two = net(torch.from_numpy(together)) @ speakers
    assert silent.max() < 0.1
    assert 0.6 < one.mean() < 1.1
    assert two.mean() > 1.2


def test_frames_cover_the_window_symmetrically() -> None:
    last = FRAME_CENTRE + (FRAMES - 1) * FRAME_STEP
    assert abs((WINDOW - last) - FRAME_CENTRE) < FRAME_STEP
    assert HOP % FRAME_STEP == 0  # so that the frames of all windows lie on one grid


def test_the_learned_filters_pass_their_bands_and_stop_the_rest() -> None:
    low, width = torch.tensor([[250.0], [1_950.0]]), torch.tensor([[400.0], [950.0]])
    edges = [(300, 750), (2_000, 3_000)]  # 50 Hz are added to both
    filters = sinc_filters(low, width)
    assert filters.shape == (4, 1, 251)
    gain = np.abs(np.fft.rfft(filters[:, 0].numpy(), 1_600))  # bins of 10 Hz
    for band, (start, end) in enumerate(edges):
        for row in (gain[band], gain[band + 2]):  # even, odd
            inside = row[start // 10 + 8 : end // 10 - 8]
            outside = np.delete(row, slice(start // 10 - 15, end // 10 + 15))
            assert inside.min() > 0.8 * inside.max()
            assert outside.max() < 0.1 * inside.max()
    even, odd = filters[:2, 0], filters[2:, 0]
    torch.testing.assert_close(even, even.flip(1))
    torch.testing.assert_close(odd, -odd.flip(1))
