from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.lanes import Lanes
from pipeline.loading import Models
from pipeline.pyannet import FRAMES, FRAMES_PER_HOP, HOP, WINDOW
from pipeline.segmentation import FRAME, Segmenter, frame_at, frame_time
from pipeline.types import SAMPLE_RATE, Audio


class Blocks(torch.nn.Module):
    """Stands in for the network: class 1 in a frame that holds sound, class 0 elsewhere."""

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        windows = samples.unfold(0, WINDOW, HOP)
        centres = (frame_time(np.arange(FRAMES)) * SAMPLE_RATE).astype(int)
        loud = windows[:, centres] != 0
        return torch.nn.functional.one_hot(loud.long(), 7).float()


def test_frames_of_all_windows_lie_on_one_grid() -> None:
    frames = np.arange(3 * FRAMES)
    assert (frame_at(frame_time(frames)) == frames).all()
    assert frame_time(FRAMES_PER_HOP) - frame_time(0) == pytest.approx(HOP / SAMPLE_RATE)
    assert frame_at(np.array([-1.0, 0.0, 1e12, np.inf])).tolist()[:2] == [0, 0]
    assert frame_at(np.array(np.inf)) > 1e9


@pytest.mark.parametrize("seconds", [0.1, 9.99, 10.0, 10.01, 12.0, 40.0])
def test_windows_cover_the_whole_recording(seconds: float) -> None:
    local = Segmenter(Blocks())(Audio(np.ones(round(seconds * SAMPLE_RATE), np.float32)))
    assert local.frames == local.offset(len(local.soft) - 1) + FRAMES
    assert frame_time(local.frames) > seconds - 0.05
    assert local.frames * FRAME < max(10, seconds + 1) + 0.05
    assert local.windows_over().min() >= 1
    last = int(frame_at(np.array(seconds)))
    assert local.speech[: last - 1].min() == 1.0
    assert local.speech[last + 2 :].max(initial=0) == 0.0  # the last window is padded with silence


def test_every_window_hears_its_own_part() -> None:
    samples = np.zeros(45 * SAMPLE_RATE, np.float32)
    samples[20 * SAMPLE_RATE : 23 * SAMPLE_RATE] = 1
    local = Segmenter(Blocks())(Audio(samples))
    spoken = np.flatnonzero(local.count > 0)
    assert frame_time(spoken[[0, -1]]) == pytest.approx([20, 23], abs=FRAME)
    assert set(local.count.tolist()) == {0.0, 1.0}
    for window in range(len(local.hard)):
        grid = slice(local.offset(window), local.offset(window) + FRAMES)
        assert (local.hard[window, :, 0] == (local.count[grid] > 0)).all()


def test_the_sample_has_one_voice_at_a_time_but_for_two_interruptions(models: Models, sample: Audio) -> None:
    seen: list[float] = []
    local = models.diarizer._segmenter(sample, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert 0.8 < (local.count > 0.5).mean() < 0.97
    assert 0.005 < (local.count > 1.5).mean() < 0.06
    assert local.count[frame_at(np.array(28.5))] > 1.5  # "They really do." over the end of a sentence
    assert local.speech.shape == local.count.shape


def test_lanes_change_nothing() -> None:
    samples = np.random.default_rng(0).choice([0, 1], 90 * SAMPLE_RATE).astype(np.float32)
    alone, together = (Segmenter(Blocks(), lanes=Lanes(count))(Audio(samples)) for count in (1, 3))
    assert all((getattr(alone, name) == getattr(together, name)).all() for name in ("soft", "hard", "count", "speech"))
