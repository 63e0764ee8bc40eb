"""PyanNet, the network of pyannote's segmentation-3.0: waveform windows -> who of three local speakers is active.

SincNet front end (Ravanelli & Bengio, 2018), four bidirectional LSTM layers, two linear layers, seven powerset
classes (Plaquet & Bredin, 2023). Written for inference over heavily overlapping windows: the sinc filters,
a third of the arithmetic, run once over a stretch of sound and not once for each window. That is exact: the
window's own level enters the (linear) filter bank only as a scale and an offset.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WINDOW = 160_000  # samples: 10 s, what the network was trained on
FRAME_STEP = 270  # samples between frames
FRAME_CENTRE = 495  # samples from the start of a window to the centre of its first frame
FRAMES = 589  # frames of one window
FRAMES_PER_HOP = 59
HOP = FRAMES_PER_HOP * FRAME_STEP  # samples: about 1 s, on the frame grid, so that windows add up frame by frame

# Row k: which of the three local speakers speak in powerset class k.
POWERSET = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1))

# Sinc filters: stride and taps in samples; frames of a window and of a hop after pooling by three.
_SINC_STRIDE, _SINC_TAPS = 10, 251
_SINC_OUT, _SINC_HOP = 5_325, HOP // 30
_EPS = 1e-5


def sinc_filters(low_hz: Tensor, band_hz: Tensor, sample_rate: int = 16_000, floor_hz: float = 50.0) -> Tensor:
    """Band-pass filters (80, 1, 251), even then odd, from 40 learned lower edges and band widths in Hz (40, 1)."""
    low = floor_hz + low_hz.abs()
    high = (low + floor_hz + band_hz.abs()).clamp(floor_hz, sample_rate / 2)
    half = _SINC_TAPS // 2
    # The float32 construction of the training code, kept to the last bit that matters.
    time = 2 * math.pi * (torch.arange(-half, 0.0).view(1, -1) / sample_rate)
    window = torch.hamming_window(_SINC_TAPS, periodic=False)[:half]
    width = 2 * (high - low)
    even = 2 * (torch.sin(high @ time) - torch.sin(low @ time)) / time * window
    odd = 2 * (torch.cos(low @ time) - torch.cos(high @ time)) / time * window
    cosine = torch.cat([even, width, even.flip(1)], 1) / width
    sine = torch.cat([odd, torch.zeros_like(width), -odd.flip(1)], 1) / width
    return torch.cat([cosine, sine]).unsqueeze(1)


class PyanNet(nn.Module):
    """Build with :meth:`from_state_dict`; call with a stretch of sound that holds one or more windows."""

    filters: Tensor

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.register_buffer("filters", filters)
        self.wave_norm = nn.InstanceNorm1d(1, affine=True)
        self.norms = nn.ModuleList(nn.InstanceNorm1d(n, affine=True) for n in (80, 60, 60))
        self.convs = nn.ModuleList([nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)])
        self.lstm = nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
        self.linears = nn.ModuleList([nn.Linear(256, 128), nn.Linear(128, 128)])
        self.classifier = nn.Linear(128, len(POWERSET))

    @classmethod
    def from_state_dict(cls, state: dict[str, Tensor]) -> PyanNet:
        """state: the tensors of the published checkpoint, under its own names."""
        filterbank = "sincnet.conv1d.0.filterbank."
        net = cls(sinc_filters(state[filterbank + "low_hz_"], state[filterbank + "band_hz_"]))
        renamed = {
            name.replace("sincnet.wav_norm1d", "wave_norm")
            .replace("sincnet.norm1d", "norms")
            .replace("sincnet.conv1d.1", "convs.0")
            .replace("sincnet.conv1d.2", "convs.1")
            .replace("linear.", "linears."): tensor
            for name, tensor in state.items()
            if not name.startswith(filterbank)
        }
        net.load_state_dict({**renamed, "filters": net.filters})
        return net.eval()

    def forward(self, samples: Tensor) -> Tensor:
        """samples: (WINDOW + k HOP,) -> class probabilities (k + 1, FRAMES, 7)."""
        x = functional.leaky_relu(self.norms[0](self._filtered(samples)))
        for conv, norm in zip(self.convs, list(self.norms)[1:], strict=True):
            x = functional.leaky_relu(norm(functional.max_pool1d(conv(x), 3)))
        x, _ = self.lstm(x.transpose(1, 2))
        for linear in self.linears:
            x = functional.leaky_relu(linear(x))
        return self.classifier(x).softmax(-1)

    def _filtered(self, samples: Tensor) -> Tensor:
        """Pooled magnitudes of the sinc filters over each level-normalised window: (windows, 80, _SINC_OUT)."""
        windows = samples.unfold(0, WINDOW, HOP)
        scale = self.wave_norm.weight / (windows.var(1, unbiased=False) + _EPS).sqrt()
        offset = (self.wave_norm.bias - scale * windows.mean(1))[:, None, None] * self.filters.sum(-1)
        filtered = functional.conv1d(samples[None, None], self.filters, stride=_SINC_STRIDE)[0]
        # max |s y + c| over three frames is the larger of s max(y) + c and s max(-y) - c: pool once, then scale.
        upper, lower = functional.max_pool1d(torch.stack([filtered, -filtered]), 3).unfold(2, _SINC_OUT, _SINC_HOP)
        scale = scale[:, None, None]
        return torch.maximum(upper.transpose(0, 1) * scale + offset, lower.transpose(0, 1) * scale - offset)
