"""Speech detection: MarbleNet gives the probability of speech every 20 ms; two networks together give the spans."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from errors import ModelError
from pipeline.frames import runs
from pipeline.parameters import VadParameters
from pipeline.spans import spans_by
from pipeline.types import SAMPLE_RATE, Audio, Span

FRAME = 0.02  # seconds
_STRETCH = 60 * SAMPLE_RATE  # samples in one forward pass, so that memory does not grow with the recording
_CONTEXT = 5 * SAMPLE_RATE  # more than the network sees to either side


class SpeechDetector:
    """Owns MarbleNet, a NeMo ``EncDecFrameClassificationModel``. Safe between threads."""

    def __init__(self, model: Any, device: str = "cpu", rules: VadParameters | None = None) -> None:
        """rules: of the profile, for :meth:`spans`. Raises ModelError for a network of other frames or labels."""
        self._model = model
        self._device = device
        self._rules = rules or VadParameters()
        self._one_at_a_time = (
            threading.Lock()
        )  # NeMo's layers keep masks, which two calls would change under each other
        self._check()

    @torch.inference_mode()
    def __call__(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> np.ndarray:
        """Probability of speech in [20 i, 20 (i + 1)) ms: float32 (frames,)."""
        per_frame = round(FRAME * SAMPLE_RATE)
        parts = [np.zeros(0, np.float32)]
        starts = range(0, len(audio.samples), _STRETCH)
        for start in starts:
            first = max(0, start - _CONTEXT)
            samples = audio.samples[first : start + _STRETCH + _CONTEXT]
            probabilities = self._forward(samples)[(start - first) // per_frame :]
            parts.append(probabilities[: _STRETCH // per_frame])
            if on_progress:
                on_progress((len(parts) - 1) / len(starts))
        return np.concatenate(parts)

    def spans(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> list[Span]:
        """Speech by the profile's rules, within the recording."""
        found = spans_by(self._rules, self(audio, on_progress), FRAME)
        return [Span(span.start, min(span.end, audio.duration)) for span in found if span.start < audio.duration]

    @torch.inference_mode()
    def _check(self) -> None:
        """On a second of silence."""
        signal = torch.zeros(1, SAMPLE_RATE, device=self._device)
        logits = self._model(input_signal=signal, input_signal_length=torch.tensor([SAMPLE_RATE], device=self._device))
        if logits.shape[-1] != 2 or abs(logits.shape[1] * FRAME - 1) > 2 * FRAME:
            raise ModelError(
                "The vad model does not tell speech from silence in frames of 20 ms: choose another model_path."
            )

    def _forward(self, samples: np.ndarray) -> np.ndarray:
        signal = torch.from_numpy(samples)[None].to(self._device)
        length = torch.tensor([len(samples)]).to(self._device)
        with self._one_at_a_time:
            logits = self._model(input_signal=signal, input_signal_length=length)
        return torch.softmax(logits, -1)[0, :, 1].cpu().numpy()


def speech_spans(
    probability: np.ndarray, frame: float, duration: float, onset: float = 0.4, offset: float = 0.3, pad: float = 0.15
) -> list[Span]:
    """Stretches worth transcribing: hysteresis on the speech probability of frames of ``frame`` s, padded, merged.

    Generous on purpose: a word lost here is lost for good, while the recogniser rejects what is not speech.
    """
    above = probability > onset
    padded: list[list[float]] = []
    for first, last in runs(probability > offset).tolist():
        if above[first:last].any():
            start, end = max(0.0, first * frame - pad), min(duration, last * frame + pad)
            if padded and start <= padded[-1][1]:
                padded[-1][1] = end
            else:
                padded.append([start, end])
    return [Span(start, end) for start, end in padded if end > start]
