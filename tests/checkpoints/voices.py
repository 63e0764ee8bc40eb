"""A tiny TitaNet that tells the three voices of the sample apart, and one of the published size that knows nothing.

The tiny one learns in seconds, with its own recording in its ears: parity and speed are tested with it, never quality.
It hears each voice at several speeds, as so many speakers, so that it tells others apart too, more or less.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from tests.checkpoints.cache import cached
from tests.media import RATE, SAMPLE

_STEPS, _BATCH, _CROP = 130, 30, (0.5, 1.5)  # the last in seconds
_SPEEDS = (0.75, 0.87, 1.0, 1.15, 1.33)
_SEED = 3


def titanet() -> Path:
    """The ``.nemo`` file of the tiny one, built where it is not there yet: about 15 s on two cores."""
    return cached("voices", [Path(__file__)], _build) / "titanet.nemo"


def untrained(blocks: list[dict[str, Any]], classes: int) -> Any:
    """NeMo's EncDecSpeakerLabelModel over Jasper blocks (see :func:`block`), with random weights, in training mode."""
    from nemo.collections.asr.models import EncDecSpeakerLabelModel
    from omegaconf import OmegaConf

    mel = dict(
        _target_="nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        normalize="per_feature",
        window_size=0.025,
        sample_rate=RATE,
        window_stride=0.01,
        window="hann",
        features=80,
        n_fft=512,
        frame_splicing=1,
        dither=1e-5,
    )
    encoder = dict(
        _target_="nemo.collections.asr.modules.ConvASREncoder",
        feat_in=80,
        activation="relu",
        conv_mask=True,
        jasper=blocks,
    )
    decoder = dict(
        _target_="nemo.collections.asr.modules.SpeakerDecoder",
        feat_in=blocks[-1]["filters"],
        num_classes=classes,
        pool_mode="attention",
        emb_sizes=192,
    )
    loss = dict(_target_="nemo.collections.asr.losses.angularloss.AngularSoftmaxLoss", scale=30, margin=0.2)
    config = dict(sample_rate=RATE, labels=None, preprocessor=mel, encoder=encoder, decoder=decoder, loss=loss)
    return EncDecSpeakerLabelModel(cfg=OmegaConf.create({**config, "train_ds": None, "validation_ds": None}))


def block(filters: int, repeat: int, kernel: int, residual: bool = True) -> dict[str, Any]:
    """One of TitaNet's: separable convolutions with squeeze and excitation."""
    return dict(
        filters=filters, repeat=repeat, kernel=[kernel], stride=[1], dilation=[1], dropout=0.0, residual=residual,
        separable=True, se=True, se_context_size=-1, kernel_size_factor=1.0,
    )  # fmt: skip


def titanet_large() -> Any:
    """TitaNet-large by its published configuration, 23 million random weights, in eval mode."""
    torch.manual_seed(_SEED)
    blocks = [
        block(1024, 1, 3, residual=False), *(block(1024, 3, kernel) for kernel in (7, 11, 15)),
        block(3072, 1, 1, residual=False),
    ]  # fmt: skip
    return untrained(blocks, 2).eval()


def _build(folder: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums in the same order on any machine
    try:
        _train().save_to(str(folder / "titanet.nemo"))
    finally:
        torch.set_num_threads(threads)


def _train() -> Any:
    torch.manual_seed(_SEED)
    random = np.random.default_rng(_SEED)
    voices = _voices()
    blocks = [block(96, 1, 3, residual=False), block(96, 1, 7), block(96, 2, 11), block(192, 1, 1, residual=False)]
    model = untrained(blocks, len(voices)).train()
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
