"""Log-mel frames of any part of a recording, the same as if the whole recording had been transformed at once.

A frame is made from the samples around it, so a part needs no more than a little sound on either side of it: features
of hours never lie in memory together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from pipeline.types import Samples

HOP = 160  # samples from one frame to the next: 10 ms
_MARGIN = 4  # frames: more than half a Fourier window, and the sample before it for the pre-emphasis

# Samples, float32 (n,) -> features (frames, bands); frame i lies around sample HOP * i, and silence around the samples.
Extract = Callable[[np.ndarray], torch.Tensor]


def frame_count(samples: Samples) -> int:
    """Whole frames; what is left at the end is less than one."""
    return len(samples) // HOP


def mel_frames(extract: Extract, samples: Samples, first: int, last: int) -> torch.Tensor:
    """Frames ``first`` to ``last - 1`` of the recording: (last - first, bands). last: at most :func:`frame_count`."""
    begin = max(0, first - _MARGIN)
    part = samples[begin * HOP : (last + _MARGIN) * HOP]
    return extract(part)[first - begin : last - begin]


def statistics(extract: Extract, samples: Samples, stretch: int = 6_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and (unbiased) standard deviation of each band over the recording: both (bands,). It must have a frame;
    ``stretch`` of them are in memory at a time."""
    total, frames = None, frame_count(samples)
    for first in range(0, frames, stretch):
        part = mel_frames(extract, samples, first, min(first + stretch, frames)).double()
        sums = torch.stack([part.sum(0), part.square().sum(0)])
        total = sums if total is None else total + sums
    if total is None:
        raise ValueError("a recording without a frame has no statistics")
    mean = total[0] / frames
    variance = (total[1] - frames * mean.square()).clamp(min=0) / max(frames - 1, 1)
    return mean.float(), variance.sqrt().float()
