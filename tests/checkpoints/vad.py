"""Speech detection: NVIDIA's own MarbleNet for frames, and a tiny one for windows, which learns what the sample says.

The windowed one is of the class that NeMo's ClusteringDiarizer loads (vad_multilingual_marblenet is one).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from pipeline import nemo_models, offline_models
from tests.checkpoints.cache import cached
from tests.media import RATE, SAMPLE

_STEPS, _BATCH, _WINDOW = 120, 64, 0.63  # the last in seconds
_SEED = 5


def frame_marblenet() -> Path:
    """The ``.nemo`` file of NVIDIA's frame MarbleNet v2."""
    recipe = [Path(__file__), Path(nemo_models.__file__), offline_models.marblenet_onnx()]
    return cached("frame-vad", recipe, _save_marblenet) / "marblenet.nemo"


def window_marblenet() -> Path:
    """The ``.nemo`` file of the tiny one, built where it is not there yet: about 10 s on two cores."""
    return cached("window-vad", [Path(__file__)], _build) / "window_marblenet.nemo"


def _save_marblenet(folder: Path) -> None:
    nemo_models.load_marblenet(offline_models.marblenet_onnx()).save_to(str(folder / "marblenet.nemo"))


def _build(folder: Path) -> None:
    from nemo.collections.asr.models import EncDecClassificationModel
    from omegaconf import OmegaConf

    torch.manual_seed(_SEED)
    random = np.random.default_rng(_SEED)
    model = EncDecClassificationModel(cfg=OmegaConf.create(_config())).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=_STEPS)
    sound, spoken = _sound()
    lengths = torch.full((_BATCH,), int(_WINDOW * RATE))
    for _ in range(_STEPS):
        labels = random.permutation(_BATCH) % 2
        signal = np.stack([_window(sound, spoken, bool(label), random) for label in labels])
        logits = model(input_signal=torch.from_numpy(signal), input_signal_length=lengths)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels)).backward()
        optimizer.step()
        schedule.step()
    model.eval().save_to(str(folder / "window_marblenet.nemo"))


def _config() -> dict[str, Any]:
    def block(filters: int, repeat: int, kernel: int, **more: Any) -> dict[str, Any]:
        plain = dict(stride=[1], dilation=[1], dropout=0.0, residual=False, separable=True, kernel_size_factor=1.0)
        return dict(filters=filters, repeat=repeat, kernel=[kernel]) | plain | more

    mfcc = dict(
        _target_="nemo.collections.asr.modules.AudioToMFCCPreprocessor",
        window_size=0.025,
        window_stride=0.01,
        window="hann",
        n_mels=64,
        n_mfcc=64,
        n_fft=512,
    )
    encoder = dict(
        _target_="nemo.collections.asr.modules.ConvASREncoder",
        feat_in=64,
        activation="relu",
        conv_mask=True,
        jasper=[block(32, 1, 11), block(32, 1, 13, residual=True), block(64, 1, 1)],
    )
    decoder = dict(
        _target_="nemo.collections.asr.modules.ConvASRDecoderClassification",
        feat_in=64,
        return_logits=True,
        pooling_type="avg",
        num_classes=2,
    )
    names = dict(sample_rate=RATE, labels=["background", "speech"], train_ds=None, validation_ds=None)
    return dict(preprocessor=mfcc, encoder=encoder, decoder=decoder, **names)


def _sound() -> tuple[np.ndarray, np.ndarray]:
    """The sample, float32 (n,), and where somebody speaks, bool (n,)."""
    sound = soundfile.read(SAMPLE, dtype="float32")[0]
    spoken = np.zeros(len(sound), bool)
    for row in json.loads(SAMPLE.with_suffix(".seglst.json").read_text()):
        spoken[round(row["start_time"] * RATE) : round(row["end_time"] * RATE)] = True
    return sound, spoken


def _window(sound: np.ndarray, spoken: np.ndarray, speech: bool, random: np.random.Generator) -> np.ndarray:
    """A window of speech, or of noise alone; now and then half of it is silence, as at a recording's edges."""
    size = int(_WINDOW * RATE)
    noise = random.standard_normal(size) * 10 ** random.uniform(-5.0, -2.0)
    window = noise
    while speech:
        start = random.integers(len(sound) - size)
        piece = sound[start : start + size]
        if spoken[start + size // 2] and np.sqrt(np.square(piece).mean()) > 1e-2:
            window = noise * 0.3 + piece * random.uniform(0.5, 1.5)
            break
    if random.random() < 0.1:
        window = np.where(np.arange(size) < size // 2, 0.0, window)
    return window.astype(np.float32)
