"""Voice embeddings at several scales: windows of speech -> vectors, by NeMo's ``EncDecSpeakerLabelModel`` (TitaNet).

"exact" computes what ClusteringDiarizer computes, straight from memory. "fast" takes the windows from one log-mel
spectrogram of the recording, normalises each by itself and hears them through :class:`LeanTitaNet`; a network of
another kind is heard as for "exact".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.lanes import Lanes
from pipeline.lean_titanet import LeanTitaNet
from pipeline.log_mel import HOP, LogMel, normalised
from pipeline.parameters import EmbeddingParameters
from pipeline.scales import Window, cut_windows, repeated
from pipeline.spectral import Scale
from pipeline.types import SAMPLE_RATE, Audio, Span

log = logging.getLogger(__name__)

NEMO_BATCH = 64  # windows: batch_size of NeMo's profiles; those of a batch are filled up to its longest
FRAMES = SAMPLE_RATE // HOP  # a second
OnProgress = Callable[[float], None]


class Sizes(NamedTuple):
    """What is worked on at once: windows of one pass of "exact", frames of one pass of "fast", and how many seconds
    of windows, and how far apart in seconds, share a spectrogram."""

    windows: int = 16
    frames: int = 1_200  # the activations of more do not fit into a core's cache
    seconds: float = 150.0
    reach: float = 60.0


class _Cut(NamedTuple):
    """A window of "fast": its place among all windows, its first frame, how many it has and how many are wanted."""

    place: int
    first: int
    own: int
    wanted: int


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
        self._sizes = Sizes() if device == "cpu" else Sizes(NEMO_BATCH, 60_000, 6_000.0, 600.0)
        lean = None if precision == "exact" else _lean(model, device)
        self._hear = partial(self._hear_fast, *lean) if lean else self._hear_exactly
        self._warm_up()

    def __call__(self, audio: Audio, spans: Sequence[Span], on_progress: OnProgress | None = None) -> list[Scale]:
        """The embeddings of every window of every scale, from the longest to the shortest; none where nothing is said.

        spans: of speech, sorted and apart, within the recording.
        """
        given = self._parameters
        sizes = list(zip(given.window_length_in_sec, given.shift_length_in_sec, strict=True))
        scales = [cut_windows(spans, length, shift) for length, shift in sizes]
        if not scales[-1]:
            return []
        found = self._hear(audio.samples, scales, on_progress or (lambda fraction: None))
        times = [torch.tensor([[window.start, window.end] for window in windows]) for windows in scales]
        return list(map(Scale, found, times, given.multiscale_weights))

    def _warm_up(self) -> None:
        """The longest window once: NeMo's layers then keep masks of that length, and no two lanes make them at once."""
        self._forward(np.zeros((1, int(SAMPLE_RATE * self._parameters.window_length_in_sec[0])), np.float32))

    def _hear_exactly(self, samples: np.ndarray, scales: Sequence[list[Window]], report: OnProgress) -> list[Tensor]:
        def hear(batch: tuple[list[Window], int]) -> Tensor:
            windows, length = batch
            return self._forward(np.stack([repeated(window.cut(samples), length) for window in windows]))

        batches = [batch for windows in scales for batch in self._batches(windows, samples)]
        heard = _collected(self._lanes.map(hear, batches), len(batches), report)
        return list(heard.split([len(windows) for windows in scales]))

    def _batches(self, windows: list[Window], samples: np.ndarray) -> Iterator[tuple[list[Window], int]]:
        """Windows heard together and the samples they are filled up to: the longest of NeMo's batch."""
        for first in range(0, len(windows), NEMO_BATCH):
            batch = windows[first : first + NEMO_BATCH]
            longest = max(len(window.cut(samples)) for window in batch)
            for part in range(0, len(batch), self._sizes.windows):
                yield batch[part : part + self._sizes.windows], longest

    @torch.inference_mode()
    def _forward(self, signal: np.ndarray) -> Tensor:
        """float32 (n, samples) -> (n, d), cast as NeMo casts: bfloat16 on a CPU, float16 on CUDA."""
        sound = torch.from_numpy(signal).to(self._device)
        lengths = torch.full((len(sound),), sound.shape[1], device=self._device)
        with torch.amp.autocast(sound.device.type):
            _, vectors = self._model(input_signal=sound, input_signal_length=lengths)
        return vectors.float().cpu()

    def _hear_fast(
        self, mel: LogMel, network: LeanTitaNet, samples: np.ndarray, scales: Sequence[list[Window]], report: OnProgress
    ) -> list[Tensor]:
        groups = list(self._groups(_cuts(scales, self._parameters.window_length_in_sec)))
        heard = _collected(
            self._lanes.map(partial(self._hear_group, mel, network, samples), groups), len(groups), report
        )
        vectors = torch.empty_like(heard)
        vectors[torch.tensor([cut.place for group in groups for cut in group])] = heard
        return list(vectors.split([len(windows) for windows in scales]))

    def _groups(self, cuts: list[_Cut]) -> Iterator[list[_Cut]]:
        """Windows near each other, which share a spectrogram, by their length."""
        group: list[_Cut] = []
        frames = 0
        for cut in sorted(cuts, key=lambda cut: cut.first):
            far = group and cut.first - group[0].first > self._sizes.reach * FRAMES
            if far or frames > self._sizes.seconds * FRAMES:
                yield sorted(group, key=lambda cut: cut.wanted)
                group, frames = [], 0
            group.append(cut)
            frames += cut.wanted
        yield sorted(group, key=lambda cut: cut.wanted)

    @torch.inference_mode()
    def _hear_group(self, mel: LogMel, network: LeanTitaNet, samples: np.ndarray, group: list[_Cut]) -> Tensor:
        """(windows, d), in the order of the group."""
        start = min(cut.first for cut in group)
        frames = mel(samples, start, max(cut.first + cut.own for cut in group))
        vectors: list[Tensor] = []
        for batch in _passes(group, self._sizes.frames):
            rows = np.stack([_rows(cut, start, len(frames)) for cut in batch])
            vectors.append(network(normalised(frames[torch.from_numpy(rows).to(frames.device)])))
        return torch.cat(vectors).cpu()


def _lean(model: Any, device: str) -> tuple[LogMel, LeanTitaNet] | None:
    try:
        return LogMel(model, device), LeanTitaNet(model).to(device).eval()
    except (AttributeError, ValueError) as error:
        log.info("%s is heard window by window: %s.", type(model).__name__, error)
        return None


def _collected(heard: Iterator[Tensor], total: int, report: OnProgress) -> Tensor:
    parts: list[Tensor] = []
    for vectors in heard:
        parts.append(vectors)
        report(len(parts) / total)
    return torch.cat(parts)


def _cuts(scales: Sequence[list[Window]], lengths: Sequence[float]) -> list[_Cut]:
    """Every window of every scale in frames."""
    pairs = ((window, length) for windows, length in zip(scales, lengths, strict=True) for window in windows)
    return [
        _Cut(place, round(window.start * FRAMES), max(1, round(window.duration * FRAMES)), round(length * FRAMES))
        for place, (window, length) in enumerate(pairs)
    ]


def _passes(group: list[_Cut], frames: int) -> Iterator[list[_Cut]]:
    """Neighbours in the group that want equally many frames, at most about ``frames`` together."""
    batch: list[_Cut] = []
    for cut in group:
        if batch and (cut.wanted != batch[0].wanted or (len(batch) + 1) * cut.wanted > frames):
            yield batch
            batch = []
        batch.append(cut)
    yield batch


def _rows(cut: _Cut, start: int, available: int) -> np.ndarray:
    """The frames of a window in a spectrogram that begins at ``start``: int (wanted,), again and again if short."""
    first = min(cut.first - start, available - 1)
    return repeated(np.arange(first, min(first + cut.own, available)), cut.wanted)
