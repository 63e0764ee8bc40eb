"""A tiny Nemotron 3 Diarization with random weights, balanced as the tiny Sortformer is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.types import SAMPLE_RATE
from tests.checkpoints.sortformer import balance

SPEAKERS = 8


def build(folder: Path, voice: np.ndarray) -> None:
    """Write the folder as ``save_pretrained`` does. voice: speech, float32 (n,), on which the outputs are balanced."""
    from transformers import (
        Nemotron3DiarizationConfig,
        Nemotron3DiarizationForAudioFrameClassification,
        Nemotron3DiarizationProcessor,
        NemotronAsrStreamingFeatureExtractor,
    )

    torch.manual_seed(20)
    model = Nemotron3DiarizationForAudioFrameClassification(Nemotron3DiarizationConfig(**_config())).eval()
    processor = Nemotron3DiarizationProcessor(NemotronAsrStreamingFeatureExtractor(feature_size=16))

    def listen(samples: np.ndarray) -> torch.Tensor:
        return model(**processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")).logits[0, :-1].sigmoid()

    balance(model.classifier.out_proj, listen, voice)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _config() -> dict[str, Any]:
    """NVIDIA's, smaller; chunks of 4 s and a memory that soon overflows."""
    return dict(
        audio_config=dict(
            hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_mel_bins=16
        ),
        head_config=dict(hidden_size=16, num_speakers=SPEAKERS, audio_hidden_size=32),
        streaming_config=dict(speaker_cache_length=40, num_speakers=SPEAKERS),
        chunk_length=50,
        chunk_right_context=6,
        chunk_left_context=2,
        fifo_length=20,
        speaker_cache_update_period=30,
        initializer_range=0.1,  # larger than usual, so that the sound makes a difference
    )
