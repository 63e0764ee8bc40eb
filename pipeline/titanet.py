"""Voice embeddings at several scales: windows of speech -> vectors, by NeMo's ``EncDecSpeakerLabelModel`` (TitaNet).

Both precisions hear the very windows that ClusteringDiarizer hears, cut from memory. "exact" hears them through NeMo's
own classes and casts; "fast" through :class:`LeanTitaNet`, the same arithmetic in another order and all in bfloat16.

Why no window is left out and none shares a spectrogram with others (docs/diarization.md): features are a small part of
the work, while a window cut from a shared spectrogram is heard with other edges, and with one scale less other speakers
are found.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.lanes import Lanes
from pipeline.lean_titanet import LeanTitaNet
from pipeline.parameters import EmbeddingParameters
from pipeline.scales import Window, cut_windows, repeated
from pipeline.spectral import Scale
from pipeline.types import SAMPLE_RATE, Audio, Samples, Span

log = logging.getLogger(__name__)

NEMO_BATCH = 64  # windows: batch_size of NeMo's profiles; those of a batch are filled up to its longest
_PASS_SECONDS = 12.0  # of windows in one forward pass of "fast" on a CPU: more do not fit into its cache
OnProgress = Callable[[float], None]
Batch = tuple[list[Window], int]  # windows and the samples that each is filled up to


class SpeakerEmbedder:
    """Owns the network, in eval mode on ``device``."""

    def __init__(
        self,
        model: Any,
        parameters: EmbeddingParameters | None = None,
        *,
        precision: str = "fast",
        device: str = "cpu",
        lanes: Lanes | None = None,
    ) -> None:
        self._model, self._parameters = model, parameters or EmbeddingParameters()
        self._device, self._lanes = device, lanes or Lanes()
        self._network = None if precision == "exact" else _lean(model, device)
        self._warm_up()

    def __call__(self, audio: Audio, spans: Sequence[Span], on_progress: OnProgress | None = None) -> list[Scale]:
        """The embeddings of every window of every scale, from the longest to the shortest; none where nothing is said.

        spans: of speech, sorted and apart, within the recording.
        """
        return self._scales(audio, spans, len(self._parameters.window_length_in_sec), on_progress)

    def longest(self, audio: Audio, spans: Sequence[Span]) -> Scale | None:
        """The embeddings of the longest scale alone; None where nothing is said."""
        return next(iter(self._scales(audio, spans, 1)), None)

    def _scales(
        self, audio: Audio, spans: Sequence[Span], count: int, on_progress: OnProgress | None = None
    ) -> list[Scale]:
        given = self._parameters
        sizes = list(zip(given.window_length_in_sec, given.shift_length_in_sec, strict=True))[:count]
        scales = [cut_windows(spans, length, shift) for length, shift in sizes]
        if not scales[-1]:
            return []
        vectors = self._hear(audio.samples, scales, on_progress or (lambda fraction: None))
        times = [torch.tensor([[window.start, window.end] for window in windows]) for windows in scales]
        return list(map(Scale, vectors, times, given.multiscale_weights[:count]))

    def _warm_up(self) -> None:
        """The longest window once: NeMo's layers then keep masks of that length, and no two lanes make them at once."""
        self._exactly(torch.zeros(1, int(SAMPLE_RATE * self._parameters.window_length_in_sec[0]), device=self._device))

    def _hear(self, samples: Samples, scales: Sequence[list[Window]], report: OnProgress) -> list[Tensor]:
        def hear(batch: Batch) -> Tensor:
            windows, length = batch
            signal = np.stack([repeated(window.cut(samples), length) for window in windows])
            return self._vectors(torch.from_numpy(signal).to(self._device))

        batches = [batch for windows in scales for batch in self._batches(windows, samples)]
        sizes, found, done = [len(windows) for windows in scales], torch.empty(0), 0
        for number, vectors in enumerate(self._lanes.map(hear, batches), 1):
            if not done:  # one tensor for all: in parts, they would be in memory twice
                found = torch.empty(sum(sizes), vectors.shape[1])
            found[done : done + len(vectors)] = vectors
            done += len(vectors)
            report(number / len(batches))
        return list(found.split(sizes))

    def _batches(self, windows: list[Window], samples: Samples) -> Iterator[Batch]:
        """Windows heard together, all filled up to the longest of the batch that NeMo would have put them into."""
        for first in range(0, len(windows), NEMO_BATCH):
            batch = windows[first : first + NEMO_BATCH]
            longest = max(len(window.range(samples)) for window in batch)
            size = self._pass(longest)
            yield from ((batch[part : part + size], longest) for part in range(0, len(batch), size))

    def _pass(self, samples: int) -> int:
        """Windows of so many samples in one forward pass; "exact" keeps NeMo's number, since others round otherwise."""
        if self._network is None or self._device != "cpu":
            return NEMO_BATCH
        return max(1, int(_PASS_SECONDS * SAMPLE_RATE / samples))

    @torch.inference_mode()
    def _vectors(self, signal: Tensor) -> Tensor:
        """float32 (n, samples) -> float32 (n, d) on the CPU."""
        vectors = self._fast(self._network, signal) if self._network else self._exactly(signal)
        return vectors.float().cpu()

    @torch.inference_mode()
    def _exactly(self, signal: Tensor) -> Tensor:
        """Cast as NeMo casts: bfloat16 on a CPU, float16 on CUDA."""
        with torch.amp.autocast(signal.device.type):
            return self._model(input_signal=signal, input_signal_length=_lengths(signal))[1]

    def _fast(self, network: LeanTitaNet, signal: Tensor) -> Tensor:
        """All windows are equally long: nothing is padded, so nothing needs a mask."""
        features, frames = self._model.preprocessor(input_signal=signal, length=_lengths(signal))
        return network(features[:, :, : int(frames[0])].transpose(1, 2))


def _lengths(signal: Tensor) -> Tensor:
    return torch.full((len(signal),), signal.shape[1], device=signal.device)


def _lean(model: Any, device: str) -> LeanTitaNet | None:
    try:
        return LeanTitaNet(model).to(device).eval()
    except (AttributeError, ValueError) as error:
        log.info("%s is heard through NeMo's own classes: %s.", type(model).__name__, error)
        return None
