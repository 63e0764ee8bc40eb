"""Sortformer: who speaks when, end to end, for up to four people (Park et al., 2024; in chunks: Medennikov et al.,
2025). NeMo's model does the work; what goes in and comes out never lies in a file."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

import numpy as np
import torch

from errors import ModelError
from pipeline.activity import Activity, diarized
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.lanes import Lanes
from pipeline.mel import HOP, frame_count, mel_frames, statistics
from pipeline.parameters import SortformerParameters
from pipeline.types import SAMPLE_RATE, Audio, Samples

# Seconds heard at once without streaming. Attention over a whole recording takes memory with the square of its length.
WHOLE = 300.0
_BLOCK = 60 * SAMPLE_RATE  # samples looked at together
_GUARD = 1e-5  # what NeMo adds to a standard deviation before it divides by it


class SortformerDiarizer:
    """Owns a NeMo ``SortformerEncLabelModel``. ``limit``: speakers that it can tell apart, four in NVIDIA's models."""

    restored = staticmethod(Activity.from_arrays)

    def __init__(
        self, model: Any, parameters: SortformerParameters, device: str = "cpu", lanes: Lanes | None = None
    ) -> None:
        """Raises ModelError for a checkpoint whose features cannot be computed piece by piece, and for parameters
        that do not go together."""
        self._model, self._parameters, self._device = model.eval().to(device), parameters, device
        self._lanes = lanes or Lanes()
        self.limit: int = model.sortformer_modules.n_spk
        self._factor: int = model.encoder.subsampling_factor
        model.streaming_mode = parameters.streaming
        if parameters.streaming or parameters.stream:
            _set_stream(model.sortformer_modules, parameters)
        featurizer = model.preprocessor.featurizer
        self._normalised = featurizer.normalize == "per_feature"
        if not self._normalised and featurizer.normalize not in (None, "NA", "None"):
            raise ModelError(
                f"The sortformer model normalises its features by {featurizer.normalize}; known: per_feature."
            )
        self._featurizer = copy(featurizer)
        self._featurizer.normalize = None

    @torch.inference_mode()
    def listen(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> Activity:
        """float32 (frames of 80 ms, limit); as NeMo's ``diarize()`` computes it."""
        if not frame_count(audio.samples):
            return Activity(np.zeros((0, self.limit), np.float32), self._factor * HOP / SAMPLE_RATE)
        with self._lanes.as_one():
            return self._heard(audio, on_progress)

    def _heard(self, audio: Audio, on_progress: Callable[[float], None] | None) -> Activity:
        frame, warnings = self._factor * HOP / SAMPLE_RATE, ()
        if self._parameters.streaming:
            probability = self._in_chunks(audio.samples, 1.0, on_progress)
        elif audio.duration <= WHOLE:
            probability = self._at_once(audio.samples)
        else:
            probability = self._in_chunks(audio.samples, self._loudness(audio.samples), on_progress)
            warnings = (
                f"The recording is longer than {WHOLE / 60:.0f} minutes, so Sortformer heard it in chunks; "
                "a streaming checkpoint, with streaming: true in the profile, is made for that.",
            )
        return Activity(probability, frame, warnings)

    def embed(self, audio: Audio, heard: Activity, on_progress: Callable[[float], None] | None = None) -> Activity:
        """It heard voices as it heard speech."""
        return heard

    def tell_apart(
        self, audio: Audio, heard: Activity, bounds: Bounds, on_progress: Callable[[float], None] | None = None
    ) -> Diarized:
        return diarized(heard, self._parameters, bounds, audio.duration)

    def _at_once(self, samples: Samples) -> np.ndarray:
        signal = torch.from_numpy(samples[:])[None].to(self._device)
        length = torch.tensor([len(samples)], device=self._device)
        return self._model(audio_signal=signal, audio_signal_length=length)[0].float().cpu().numpy()

    def _in_chunks(self, samples: Samples, loudness: float, on_progress: Callable[[float], None] | None) -> np.ndarray:
        """Chunk by chunk, with the model's memory of the speakers so far: NeMo's ``forward_streaming``, but without the
        features of the whole recording and the bar on the console."""
        modules, model = self._model.sortformer_modules, self._model
        state = modules.init_streaming_state(1, model.async_streaming, model.device)
        nothing = torch.zeros(1, 0, self.limit, device=model.device)
        frames, step = frame_count(samples), modules.chunk_len * self._factor
        features = self._features(samples, loudness)
        found = []
        for start in range(0, frames, step):
            end = min(start + step, frames)
            left = min(modules.chunk_left_context * self._factor, start)
            right = min(modules.chunk_right_context * self._factor, frames - end)
            chunk = features(start - left, end + right)[None]
            state, activity = model.forward_streaming_step(
                processed_signal=chunk,
                processed_signal_length=torch.tensor([chunk.shape[1]], device=model.device),
                streaming_state=state,
                total_preds=nothing,
                left_offset=left,
                right_offset=right,
            )
            found.append(activity[0].float().cpu().numpy())
            if on_progress:
                on_progress(end / frames)
        return np.concatenate(found)

    def _features(self, samples: Samples, loudness: float) -> Callable[[int, int], torch.Tensor]:
        """features(first, last): those frames as the model wants them, (last - first, bands)."""

        def extract(part: np.ndarray) -> torch.Tensor:
            return self._log_mel(part * np.float32(loudness))

        frames = partial(mel_frames, extract, samples)
        if not self._normalised:
            return frames
        mean, deviation = statistics(extract, samples)
        return lambda first, last: (frames(first, last) - mean) / (deviation + _GUARD)

    def _log_mel(self, samples: np.ndarray) -> torch.Tensor:
        signal = torch.from_numpy(samples)[None].to(self._device)
        length = torch.tensor([len(samples)], device=self._device)
        # Through the class: NeMo binds an instance's own forward to the instance that the copy was made of.
        features, _ = type(self._featurizer).forward(self._featurizer, signal, length)
        return features[0].T

    def _loudness(self, samples: Samples) -> float:
        """What NeMo multiplies a recording by that it hears at once."""
        loudest = max(samples[start : start + _BLOCK].max() for start in range(0, len(samples), _BLOCK))
        return float(1 / (loudest + self._model.eps))


def _set_stream(modules: Any, parameters: SortformerParameters) -> None:
    """The profile's chunks and memory, checked as NeMo checks them when it loads a streaming model."""
    for name, value in parameters.stream.items():
        setattr(modules, name, value)
    try:
        modules._check_streaming_parameters()
    except (TypeError, ValueError) as error:
        raise ModelError(f"diarizer.sortformer.parameters in the profile: {error}") from error
