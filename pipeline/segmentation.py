"""Local segmentation: who of up to three nearby speakers is active, in windows of 10 s that overlap by 9 s.

The network knows nobody across windows: :mod:`pipeline.tracklets` links its local speakers. Frames of all windows
lie on one grid (:func:`frame_time`), so windows are averaged frame by frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.artefacts import Arrays
from pipeline.lanes import Lanes
from pipeline.pyannet import FRAME_CENTRE, FRAME_STEP, FRAMES, FRAMES_PER_HOP, HOP, POWERSET, WINDOW, PyanNet
from pipeline.types import SAMPLE_RATE, Audio

FRAME = FRAME_STEP / SAMPLE_RATE  # seconds
_FIRST = FRAME_CENTRE / SAMPLE_RATE
_BATCH = 8  # windows in one forward pass: 32 take four times the memory and are no faster on a CPU
_POWERSET = np.array(POWERSET, np.float32)


def frame_time(frame: np.ndarray | float) -> np.ndarray:
    """Centre of a frame of the common grid in seconds."""
    return _FIRST + FRAME * np.asarray(frame)


def frame_at(seconds: np.ndarray) -> np.ndarray:
    """The frame of the common grid nearest to a time in seconds (not below 0; infinity is a frame far away)."""
    return np.rint((np.clip(seconds, _FIRST, 1e9) - _FIRST) / FRAME).astype(int)


@dataclass(frozen=True, eq=False)
class LocalActivity:
    """What the network saw. Window w starts at frame ``w * FRAMES_PER_HOP`` of the common grid.

    soft: float16 (windows, FRAMES, 3), probability that a local speaker is active;
    hard: bool, same shape, the most probable set of speakers;
    count: float32 (frames,), mean number of active speakers; speech: float32 (frames,), probability of any.
    """

    soft: np.ndarray
    hard: np.ndarray
    count: np.ndarray
    speech: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.count)

    def arrays(self) -> Arrays:
        hard = np.packbits(self.hard, axis=1)
        return {"soft": self.soft, "hard": hard, "count": self.count, "speech": self.speech}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LocalActivity:
        hard = np.unpackbits(arrays["hard"], axis=1, count=FRAMES).astype(bool)
        return cls(arrays["soft"], hard, arrays["count"], arrays["speech"])

    @staticmethod
    def offset(window: int) -> int:
        return window * FRAMES_PER_HOP

    def windows_over(self) -> np.ndarray:
        """How many windows cover each frame: int (frames,)."""
        cover = np.zeros(self.frames, int)
        for window in range(len(self.soft)):
            cover[self.offset(window) : self.offset(window) + FRAMES] += 1
        return cover


class Segmenter:
    """Owns segmentation-3.0."""

    def __init__(self, net: PyanNet, device: str = "cpu", lanes: Lanes | None = None) -> None:
        self._net = net.to(device)
        self._device = device
        self._lanes = lanes or Lanes()

    def __call__(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> LocalActivity:
        """Every window of the recording; the last one is padded with silence."""
        windows = 1 + max(0, -(-(len(audio.samples) - WINDOW) // HOP))
        soft = np.empty((windows, FRAMES, 3), np.float16)
        hard = np.empty((windows, FRAMES, 3), bool)
        speech = np.empty((windows, FRAMES), np.float32)
        batches = [(first, min(first + _BATCH, windows)) for first in range(0, windows, _BATCH)]
        heard = self._lanes.map(lambda batch: self._classes(audio, *batch), batches)
        for (first, last), classes in zip(batches, heard, strict=True):
            soft[first:last] = classes @ _POWERSET
            hard[first:last] = _POWERSET[classes.argmax(-1)] > 0
            speech[first:last] = 1 - classes[..., 0]
            if on_progress:
                on_progress(last / windows)
        return LocalActivity(soft, hard, _overlap_mean(soft.sum(-1, dtype=np.float32)), _overlap_mean(speech))

    @torch.inference_mode()
    def _classes(self, audio: Audio, first: int, last: int) -> np.ndarray:
        """Powerset probabilities of windows first to last - 1: (last - first, FRAMES, 7)."""
        length = WINDOW + (last - 1 - first) * HOP
        stretch = torch.from_numpy(audio.samples[first * HOP : first * HOP + length])
        stretch = torch.nn.functional.pad(stretch, (0, length - len(stretch)))
        return self._net(stretch.to(self._device)).cpu().numpy()


def _overlap_mean(values: np.ndarray) -> np.ndarray:
    """(windows, FRAMES) -> mean over the windows that cover each frame of the common grid."""
    total = np.zeros(LocalActivity.offset(len(values) - 1) + FRAMES, np.float32)
    cover = np.zeros_like(total)
    for window, row in enumerate(values):
        start = LocalActivity.offset(window)
        total[start : start + FRAMES] += row
        cover[start : start + FRAMES] += 1
    return total / cover
