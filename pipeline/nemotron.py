"""Nemotron 3 Diarization: who speaks when, end to end, for up to eight people; NVIDIA's model, as the package
transformers computes it (``nemotron3_diarization``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from errors import ModelError
from pipeline.activity import Activity, diarized
from pipeline.checkpoints import remedy
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

    restored = staticmethod(Activity.from_arrays)

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        rules: Rules | None = None,
        lanes: Lanes | None = None,
        model_path: str = "",
    ) -> None:
        """folder: configuration, feature extractor, weights, as ``save_pretrained`` writes them; model_path: what the
        profile calls it. Raises ModelError."""
        self._model, self._extractor = load_nemotron(folder, device, model_path)
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

    def embed(self, audio: Audio, heard: Activity, on_progress: Callable[[float], None] | None = None) -> Activity:
        """It heard voices as it heard speech."""
        return heard

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


def load_nemotron(folder: Path, device: str = "cpu", model_path: str = "") -> tuple[Any, Any]:
    """The model in eval mode and its feature extractor, from this machine alone. Raises ModelError."""
    with _readable(folder, model_path):
        extractor = _checked(folder)
        model, wrong = _read(folder, device)
    if wrong:
        raise ModelError(f"{_name(folder)} holds the weights of another model: choose another model_path.")
    return model.eval().to(device), extractor


def check_nemotron(folder: Path, model_path: str = "") -> None:
    """Raises ModelError as :func:`load_nemotron`, as far as that shows without a network being built."""
    from safetensors import safe_open

    with _readable(folder, model_path):
        _checked(folder)
        for file in _weights(folder):
            with safe_open(file, "pt"):  # what it lists is there, to the last byte
                pass


def _weights(folder: Path) -> list[Path]:
    """Where transformers looks for them: one file, or those that an index lists. Each of these must be there."""
    if (whole := folder / "model.safetensors").is_file():
        return [whole]
    listed = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))["weight_map"]
    return [folder / name for name in sorted(set(listed.values()))]


def _name(folder: Path) -> str:
    return f"The nemotron model {folder.name}"


@contextmanager
def _readable(folder: Path, model_path: str) -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # transformers, safetensors and the system share no base
        raise ModelError(f"{_name(folder)} cannot be read ({type(error).__name__}); {remedy(model_path)}") from error


def _checked(folder: Path) -> Any:
    """The feature extractor of a model that is the right one and hears what this service hears."""
    if (kind := _model_type(folder)) != _KIND:
        raise ModelError(f"{_name(folder)} is of kind {kind}, not {_KIND}: choose another model_path.")
    extractor = _feature_extractor(folder)
    if (rate := extractor.sampling_rate) != SAMPLE_RATE:
        raise ModelError(
            f"{_name(folder)} hears sound at {rate} Hz, not at {SAMPLE_RATE} Hz: choose another model_path."
        )
    if (hop := extractor.hop_length) != HOP:
        raise ModelError(
            f"{_name(folder)} hears sound every {hop} samples, not every {HOP}: choose another model_path."
        )
    return extractor


def _model_type(folder: Path) -> str:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder, local_files_only=True).model_type


def _feature_extractor(folder: Path) -> Any:
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(folder, local_files_only=True).feature_extractor


def _read(folder: Path, device: str) -> tuple[Any, bool]:
    """Model, and whether some weights are not the model's or some of the model's are missing."""
    from transformers import AutoModelForAudioFrameClassification
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    # On a CPU halves are slow; on a GPU the checkpoint knows best.
    dtype = torch.float32 if device == "cpu" else "auto"
    model, report = AutoModelForAudioFrameClassification.from_pretrained(
        folder, local_files_only=True, dtype=dtype, use_safetensors=True, output_loading_info=True
    )
    wrong = any(report[keys] for keys in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model, wrong


def _memory(config: Any) -> Any:
    """What the model keeps of the recording so far, as large as where it cuts a whole recording itself."""
    from transformers.models.nemotron3_diarization.modeling_nemotron3_diarization import (
        Nemotron3DiarizationSpeakerCache,
    )

    return Nemotron3DiarizationSpeakerCache(
        config.streaming_config, config.fifo_length, config.speaker_cache_update_period
    )
