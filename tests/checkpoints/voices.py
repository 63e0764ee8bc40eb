"""A tiny TitaNet that tells the three voices of the sample apart.

It learns in seconds, with its own recording in its ears: parity and speed are tested with it, never quality.
It hears each voice at several speeds, as so many speakers, so that it tells others apart too, more or less.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from benchmarks import nemo_networks
from benchmarks.nemo_networks import block, speaker_network
from tests.checkpoints.cache import cached
from tests.media import RATE, SAMPLE

_STEPS, _BATCH, _CROP = 130, 30, (0.5, 1.5)  # the last in seconds
_SPEEDS = (0.75, 0.87, 1.0, 1.15, 1.33)
_SEED = 3


def titanet() -> Path:
    """The ``.nemo`` file, built where it is not there yet: about 15 s on two cores."""
    return cached("voices", [Path(__file__), Path(nemo_networks.__file__)], _build) / "titanet.nemo"


def _build(folder: Path) -> None:
    _train().save_to(str(folder / "titanet.nemo"))


def _train() -> Any:
    torch.manual_seed(_SEED)
    random = np.random.default_rng(_SEED)
    voices = _voices()
    blocks = [block(96, 1, 3, residual=False), block(96, 1, 7), block(96, 2, 11), block(192, 1, 1, residual=False)]
    model = speaker_network(blocks, len(voices)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=_STEPS)
    for _ in range(_STEPS):
        size = int(random.uniform(*_CROP) * RATE)
        labels = random.permutation(_BATCH) % len(voices)
        signal = torch.from_numpy(np.stack([_crop(voices[label], size, random) for label in labels]))
        logits, _ = model(input_signal=signal, input_signal_length=torch.full((_BATCH,), size))
        optimizer.zero_grad()
        model.loss(logits=logits, labels=torch.from_numpy(labels)).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def _voices() -> list[np.ndarray]:
    """What each speaker of the sample says, at each speed: float32 (n,)."""
    sound = soundfile.read(SAMPLE, dtype="float32")[0]
    said: dict[str, list[np.ndarray]] = {}
    for row in json.loads(SAMPLE.with_suffix(".seglst.json").read_text()):
        clip = sound[round(row["start_time"] * RATE) : round(row["end_time"] * RATE)]
        said.setdefault(row["speaker"], []).append(clip)
    voices = [np.concatenate(clips) for _, clips in sorted(said.items())]
    return [
        np.interp(np.arange(0, len(voice) - 1, speed), np.arange(len(voice)), voice).astype(np.float32)
        for voice in voices
        for speed in _SPEEDS
    ]


def _crop(voice: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """A piece that is not silent, at another level and with some noise."""
    while True:
        start = random.integers(len(voice) - size)
        piece = voice[start : start + size]
        if np.sqrt(np.square(piece).mean()) > 5e-3:
            noise = random.standard_normal(size) * 10 ** random.uniform(-4.5, -2.5)
            return (piece * random.uniform(0.3, 2.0) + noise).astype(np.float32)
