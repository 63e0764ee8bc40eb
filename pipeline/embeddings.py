"""Voice embeddings: pieces of speech -> unit vectors in which one voice lies close to itself.

Features are Kaldi's log-mel filter bank (80 bands, 25 ms Povey window, 10 ms step), what CAM++ (Wang et al., 2023)
was trained on, less their mean over the piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.lanes import Lanes
from pipeline.pieces import Piece
from pipeline.types import SAMPLE_RATE, Audio, Span, Voiceprints

BANDS = 80
_WINDOW, _STEP, _FFT = 400, 160, 512  # samples
_FLOOR = torch.finfo(torch.float32).eps
_LENGTH_STEP = 20  # frames: pieces are shortened to a multiple, so that equal lengths share a batch
_SHORTEST = 10  # frames the network can pool over
_BATCH_FRAMES = 2_400  # frames in one forward pass


class VoiceEmbedder:
    """Owns the embedding network: features (batch, frames, 80) -> (batch, 192)."""

    def __init__(self, net: nn.Module, device: str = "cpu", lanes: Lanes | None = None) -> None:
        self._net = net.to(device).eval()
        self._device = device
        self._lanes = lanes or Lanes()
        self._banks = mel_banks()
        self._window = torch.hann_window(_WINDOW, periodic=False).pow(0.85)

    def __call__(
        self, audio: Audio, pieces: Sequence[Piece], on_progress: Callable[[float], None] | None = None
    ) -> Voiceprints:
        """One vector for each piece, in order; float32 (n, 192), unit length."""
        vectors = np.zeros((len(pieces), 192), np.float32)
        done = 0
        batches = list(_batches(pieces))
        heard = self._lanes.map(lambda batch: self._vectors(audio, [pieces[i] for i in batch]), batches)
        for batch, found in zip(batches, heard, strict=True):
            vectors[batch] = found
            done += len(batch)
            if on_progress:
                on_progress(done / len(pieces))
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return Voiceprints(vectors, tuple(Span(piece.start, piece.end) for piece in pieces))

    @torch.inference_mode()
    def _vectors(self, audio: Audio, pieces: Sequence[Piece]) -> np.ndarray:
        """Of pieces of equal kept length: (n, 192)."""
        length = _kept(len(pieces[0].frames))
        features = torch.stack([self._features(audio, piece.frames[:length]) for piece in pieces])
        return self._net(features.to(self._device)).cpu().numpy()

    def _features(self, audio: Audio, frames: np.ndarray) -> Tensor:
        """Mean-normalised log-mel of the given feature frames: (frames, 80)."""
        first, last = int(frames[0]), int(frames[-1])
        samples = torch.from_numpy(audio.samples[first * _STEP : last * _STEP + _WINDOW])
        mels = log_mel(samples, self._banks, self._window)[torch.from_numpy(frames - first)]
        return mels - mels.mean(0)


def _kept(frames: int) -> int:
    return max(_SHORTEST, frames // _LENGTH_STEP * _LENGTH_STEP)


def _batches(pieces: Sequence[Piece]) -> Iterator[list[int]]:
    """Indices of pieces of equal kept length, at most _BATCH_FRAMES frames together."""
    by_length: dict[int, list[int]] = {}
    for index, piece in enumerate(pieces):
        by_length.setdefault(_kept(len(piece.frames)), []).append(index)
    for length, indices in by_length.items():
        size = max(1, _BATCH_FRAMES // length)
        yield from (indices[i : i + size] for i in range(0, len(indices), size))


def log_mel(samples: Tensor, banks: Tensor, window: Tensor) -> Tensor:
    """Kaldi's filter bank without dither: float32 (n,) in [-1, 1] -> (1 + (n - 400) // 160, 80)."""
    frames = samples.unfold(0, _WINDOW, _STEP)
    frames = frames - frames.mean(1, keepdim=True)
    previous = torch.cat([frames[:, :1], frames[:, :-1]], 1)
    power = torch.fft.rfft((frames - 0.97 * previous) * window, n=_FFT).abs().square()
    return (power @ banks.T).clamp(min=_FLOOR).log()


def mel_banks(low_hz: float = 20.0, high_hz: float = SAMPLE_RATE / 2) -> Tensor:
    """Triangles on Kaldi's mel scale: (80, 257)."""

    def mel(hz: Tensor) -> Tensor:
        return 1127 * torch.log(1 + hz / 700)

    edges = torch.linspace(0, 1, BANDS + 2, dtype=torch.float64)
    low, high = mel(torch.tensor([low_hz, high_hz], dtype=torch.float64))
    edges = low + edges * (high - low)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = mel(torch.arange(_FFT // 2 + 1, dtype=torch.float64) * SAMPLE_RATE / _FFT)[None]
    banks = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp(min=0)
    banks[:, -1] = 0  # Kaldi leaves the Nyquist bin out
    return banks.float()
