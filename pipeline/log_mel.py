"""One log-mel spectrogram for windows that overlap: what a NeMo model's own preprocessor makes of a recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from torch import Tensor

HOP = 160  # samples from frame to frame
_EDGE = 2  # frames of sound to either side that a frame still hears


class LogMel:
    """model: a NeMo model that normalises each band over each window by itself ("per_feature"); it is not changed.

    Raises ValueError for another one, whose windows cannot share a spectrogram.
    """

    def __init__(self, model: Any, device: str = "cpu") -> None:
        settings: Any = OmegaConf.to_container(model.cfg.preprocessor, resolve=True)
        if settings.get("normalize") != "per_feature" or model.preprocessor.featurizer.hop_length != HOP:
            raise ValueError("its windows cannot share a spectrogram")
        plain = type(model.preprocessor).from_config_dict({**settings, "normalize": "None", "pad_to": 0})
        plain.load_state_dict(model.preprocessor.state_dict())
        self._plain, self._device = plain.eval().to(device), device

    @torch.inference_mode()
    def __call__(self, samples: np.ndarray, first: int, last: int) -> Tensor:
        """Frames ``first`` up to ``last`` of the recording, not normalised: float32 (frames, bands).

        Frame i lies around sample i HOP. Fewer where the recording ends before.
        """
        before = max(0, first - _EDGE)
        sound = torch.from_numpy(samples[before * HOP : (last + _EDGE) * HOP]).to(self._device)
        length = torch.tensor([len(sound)], device=self._device)
        found, _ = self._plain(input_signal=sound[None], length=length)
        return found[0].t()[first - before : min(last - before, len(sound) // HOP)]


def normalised(frames: Tensor) -> Tensor:
    """Each band less its mean over the window and over its deviation, as NeMo does: (windows, frames, bands)."""
    deviation, mean = torch.std_mean(frames, 1, keepdim=True)
    return (frames - mean) / (deviation.nan_to_num() + 1e-5)
