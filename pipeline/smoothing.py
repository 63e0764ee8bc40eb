"""Smoothing: windows that overlap vote for each frame of 10 ms, by NeMo's ``generate_overlap_vad_seq``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pipeline.parameters import VadParameters

FRAME = 0.01  # seconds
_BLOCK = 1 << 18  # frames at once


def smooth(probability: np.ndarray, rules: VadParameters) -> np.ndarray:
    """float32 (windows,), one for each shift -> float32 (frames,), the median or mean of the windows over a frame.

    Only every so many-th window votes, so that two of them share the part ``overlap``.
    """
    shift = max(1, int(rules.shift_length_in_sec / FRAME))
    width = int(rules.window_length_in_sec / FRAME + 1)
    jump = max(1, int(int(width * (1 - rules.overlap)) / shift))
    voters = torch.from_numpy(probability)[::jump]
    frames = torch.arange(len(probability) * shift)
    return torch.cat([_votes(voters, block, jump * shift, width, rules) for block in frames.split(_BLOCK)]).numpy()


def _votes(voters: Tensor, frames: Tensor, step: int, width: int, rules: VadParameters) -> Tensor:
    """frames: int64 (n,). Voter k is heard in [k step, k step + width); the first of a frame's voters comes first."""
    latest = frames // step
    most = -(-width // step)
    indices = latest[:, None] - torch.arange(most - 1, -1, -1)
    heard = (indices >= 0) & (indices < len(voters)) & (frames[:, None] - indices * step < width)
    votes = torch.where(heard, voters[indices.clamp(0, len(voters) - 1)], torch.nan)
    if rules.smoothing == "median":
        return torch.nanquantile(votes, 0.5, dim=1)
    total = torch.zeros(len(frames))
    for column in votes.nan_to_num().unbind(1):  # one after the other, as NeMo adds them
        total = total + column
    return total / heard.sum(1)
