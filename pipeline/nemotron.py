"""Nemotron 3 Diarization: who speaks when, end to end, for up to eight people; NVIDIA's model, as the package
transformers computes it (``nemotron3_diarization``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from errors import ModelError
from pipeline.activity import Activity, diarized
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.lanes import Lanes
from pipeline.mel import HOP, frame_count, mel_frames
from pipeline.parameters import ActivityParameters
from pipeline.spans import Rules
from pipeline.types import SAMPLE_RATE, Audio, Samples

_KIND = "nemotron3_diarization"


class NemotronDiarizer:
    """Owns the model. ``limit``: speakers that it can tell apart, eight in NVIDIA's model."""

    def __init__(
        self, folder: Path, device: str = "cpu", rules: Rules | None = None, lanes: Lanes | None = None
    ) -> None:
        """folder: configuration, feature extractor, weights, as ``save_pretrained`` writes them. Raises ModelError."""
        self._model, self._extractor = load_nemotron(folder, device)
        self._rules, self._device, self._lanes = rules or ActivityParameters(), device, lanes or Lanes()
        self.limit: int = self._model.config.head_config.num_speakers

    @torch.inference_mode()
    def listen(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> Activity:
        """float32 (frames of 10 ms, limit). The recording goes through the model in the chunks in which it would cut
        a whole one itself, so that only a chunk's features are in memory, and the result is the same."""
        config, samples = self._model.config, audio.samples
        factor = config.audio_config.subsampling_factor
        frames = frame_count(samples)
        groups = frames // factor + 1  # of frames that the encoder takes as one; the frame after the last is padding
        cache = _memory(config)
        found = [np.zeros((0, self.limit), np.float32)]
        for start in range(0, groups if frames else 0, config.chunk_length):
            end = min(start + config.chunk_length, groups)
            left, right = min(config.chunk_left_context, start), min(config.chunk_right_context, groups - end)
            features, mask = self._features(samples, (start - left) * factor, (end + right) * factor)
            with self._lanes.as_one():
                logits = self._model(
                    input_features=features,
                    attention_mask=mask,
                    speaker_cache=cache,
                    num_lookahead_frames=right,
                    num_lookback_frames=left,
                ).logits
            found.append(logits[0].float().sigmoid().cpu().numpy())
            if on_progress:
                on_progress(end / groups)
        return Activity(np.concatenate(found)[:frames], HOP / SAMPLE_RATE)

    def tell_apart(
        self, audio: Audio, heard: Activity, bounds: Bounds, on_progress: Callable[[float], None] | None = None
    ) -> Diarized:
        return diarized(heard, self._rules, bounds, audio.duration)

    def _features(self, samples: Samples, first: int, last: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Frames ``first`` to ``last - 1``, as far as there are any, and which of them are no padding: (1, n, bands),
        bool (1, n). The transform of a whole recording ends with one frame of padding."""
        frames = frame_count(samples)
        features = mel_frames(self._log_mel, samples, first, min(last, frames))
        padding = int(last > frames)
        features = torch.nn.functional.pad(features, (0, 0, 0, padding))
        mask = torch.ones(1, len(features), dtype=torch.bool, device=self._device)
        mask[:, len(features) - padding :] = False
        return features[None].to(self._model.dtype), mask

    def _log_mel(self, samples: np.ndarray) -> torch.Tensor:
        extracted = self._extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt", device=self._device)
        return extracted["input_features"][0]


def load_nemotron(folder: Path, device: str = "cpu") -> tuple[Any, Any]:
    """The model in eval mode and its feature extractor, from this machine alone. Raises ModelError."""
    name = f"The nemotron model {folder.name}"
    try:
        kind = _model_type(folder)
        if kind != _KIND:
            raise ModelError(f"{name} is of kind {kind}, not {_KIND}: choose another model_path.")
        model, extractor, wrong = _read(folder, device)
    except ModelError:
        raise
    except Exception as error:  # transformers, safetensors and the system share no base
        fetch = "fetch it again with: python cli.py models pull"
        raise ModelError(f"{name} cannot be read ({type(error).__name__}); {fetch}") from error
    if wrong:
        raise ModelError(f"{name} holds the weights of another model: choose another model_path.")
    if (extractor.sampling_rate, extractor.hop_length) != (SAMPLE_RATE, HOP):
        raise ModelError(f"{name} hears sound at {extractor.sampling_rate} Hz, not at {SAMPLE_RATE} Hz.")
    return model.eval().to(device), extractor


def _model_type(folder: Path) -> str:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder, local_files_only=True).model_type


def _read(folder: Path, device: str) -> tuple[Any, Any, bool]:
    """Model, feature extractor, and whether some weights are not the model's or some of the model's are missing."""
    from transformers import AutoModelForAudioFrameClassification, AutoProcessor
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    extractor = AutoProcessor.from_pretrained(folder, local_files_only=True).feature_extractor
    # On a CPU halves are slow; on a GPU the checkpoint knows best.
    dtype = torch.float32 if device == "cpu" else "auto"
    model, report = AutoModelForAudioFrameClassification.from_pretrained(
        folder, local_files_only=True, dtype=dtype, output_loading_info=True
    )
    wrong = any(report[keys] for keys in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model, extractor, wrong


def _memory(config: Any) -> Any:
    """What the model keeps of the recording so far, as large as where it cuts a whole recording itself."""
    from transformers.models.nemotron3_diarization.modeling_nemotron3_diarization import (
        Nemotron3DiarizationSpeakerCache,
    )

    return Nemotron3DiarizationSpeakerCache(
        config.streaming_config, config.fifo_length, config.speaker_cache_update_period
    )
