"""NeMo's diarization on one screen: speech, embeddings at several scales, spectral clustering, turns.

What NeMo's ClusteringDiarizer does through files and folders, in memory. It runs models and imports nothing of NeMo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch

from pipeline.artefacts import Arrays
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.lanes import Lanes
from pipeline.parameters import ClusteringParameters
from pipeline.spans import merged
from pipeline.spectral import Folded, Scale, cluster_scales, draw_turns, fold, lean
from pipeline.titanet import SpeakerEmbedder
from pipeline.types import Audio, Span, Turn
from pipeline.voices import Part

_TOUCH = 1e-3  # s; times of windows are rounded
ROOM = 0.15  # seconds around speech for the recogniser: a word cut off there is lost for good


class SpeechFinder(Protocol):
    """``pipeline.vad.SpeechDetector`` or ``pipeline.window_vad.WindowDetector``."""

    def spans(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> list[Span]: ...


@dataclass(frozen=True, eq=False)
class Heard:
    """speech: by the profile's rules; scales: every window's embedding, once they are known, and folded what many of
    them come to, so that another number of speakers costs no second hearing."""

    speech: tuple[Span, ...]
    scales: tuple[Scale, ...] | None = None
    folded: Folded | None = None

    def arrays(self) -> Arrays:
        speech = {"speech": np.array([(span.start, span.end) for span in self.speech]).reshape(-1, 2)}
        scales = [scale.arrays() for scale in self.scales or ()]
        named = {f"{name}-{index}": array for index, scale in enumerate(scales) for name, array in scale.items()}
        folded = self.folded.arrays() if self.folded else {}
        return speech | named | folded | ({} if self.scales is None else {"scales": np.array(len(scales))})

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Heard:
        speech = tuple(Span(start, end) for start, end in arrays["speech"].tolist())
        if "scales" not in arrays:
            return cls(speech)
        names = ("vectors", "times", "weight")
        rows = [{name: arrays[f"{name}-{index}"] for name in names} for index in range(int(arrays["scales"]))]
        folded = Folded.from_arrays(arrays) if "folded" in arrays else None
        return cls(speech, tuple(Scale.from_arrays(row) for row in rows), folded)


class NemoDiarizer:
    """Owns the networks that listen to voices."""

    restored = staticmethod(Heard.from_arrays)

    def __init__(
        self,
        detector: SpeechFinder,
        embedder: SpeakerEmbedder,
        parameters: ClusteringParameters | None = None,
        *,
        precision: str = "fast",
        device: str = "cpu",
        lanes: Lanes | None = None,
    ) -> None:
        parameters, self._lanes = parameters or ClusteringParameters(), lanes or Lanes()
        self._detector, self._embedder, self._device = detector, embedder, device
        self._parameters = parameters if precision == "exact" else lean(parameters)

    def listen(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> Heard:
        """Where there is speech."""
        with self._lanes.as_one():
            return Heard(tuple(self._detector.spans(audio, on_progress)))

    def embed(self, audio: Audio, heard: Heard, on_progress: Callable[[float], None] | None = None) -> Heard:
        """With what its voices are like."""
        scales = tuple(self._embedder(audio, heard.speech, on_progress))
        with self._lanes.as_one():
            return replace(heard, scales=scales, folded=fold(scales, self._parameters, self._device))

    def tell_apart(
        self, audio: Audio, heard: Heard, bounds: Bounds, on_progress: Callable[[float], None] | None = None
    ) -> Diarized:
        """Who speaks when. Speakers are named "0", "1", ...; no two speak at once, as in NeMo's clustering. heard: as
        :meth:`embed` gives it; what it lacks is embedded here."""
        if heard.scales is None:
            heard = self.embed(audio, heard, on_progress)
        if not heard.scales:
            return Diarized((), ())
        with self._lanes.as_one():
            labels = cluster_scales(heard.scales, bounds, self._parameters, self._device, heard.folded)
        turns = [_within(turn, audio.duration) for turn in draw_turns(heard.scales[-1].times, labels)]
        return Diarized(tuple(turns), _roomy(heard.speech, audio.duration), parts=_parts(heard.scales[0], turns))


def _parts(longest: Scale, turns: Sequence[Turn]) -> dict[str, list[Part]]:
    """Of each speaker in whose turns some of the longest windows lie, these; they weigh as the time that they cover."""
    starts, times = np.array([turn.start for turn in turns]), longest.times.numpy()
    at = np.maximum(0, np.searchsorted(starts, times[:, 0] + _TOUCH, "right") - 1)
    inside = times[:, 1] <= np.array([turn.end for turn in turns])[at] + _TOUCH
    vectors = torch.nn.functional.normalize(longest.vectors, dim=1).numpy()
    who = np.array([turn.speaker for turn in turns])[at]
    parts: dict[str, list[Part]] = {}
    for speaker in dict.fromkeys(who[inside].tolist()):
        chosen = inside & (who == speaker)
        lengths = times[chosen, 1] - times[chosen, 0]
        shares = lengths * (_covered(times[chosen]) / max(float(lengths.sum()), 1e-9))
        rows = zip(times[chosen].tolist(), vectors[chosen], shares.tolist(), strict=True)
        parts[speaker] = [Part(Span(start, end), vector, share) for (start, end), vector, share in rows]
    return parts


def _covered(times: np.ndarray) -> float:
    """Seconds, of intervals in order, some of which overlap. times: float (n, 2), s."""
    ends = np.maximum.accumulate(times[:, 1])
    before = np.concatenate([[-np.inf], ends[:-1]])
    return float(np.maximum(0, ends - np.maximum(times[:, 0], before)).sum())


def _within(turn: Turn, duration: float) -> Turn:
    return Turn(turn.speaker, min(turn.start, duration), min(turn.end, duration))


def _roomy(spans: tuple[Span, ...], duration: float) -> tuple[Span, ...]:
    """The spans with some room around them, joined where they then meet."""
    wider = (Span(max(0.0, span.start - ROOM), min(duration, span.end + ROOM)) for span in spans)
    return tuple(merged(wider))
