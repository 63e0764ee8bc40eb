"""Networks of NVIDIA's diarization by their published configurations, with random weights.

How long a network takes depends on its shape and not on what it knows. The detectors are biased until all they hear is
speech: what random weights take for speech would be chance, and each side would then embed other windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pipeline.types import SAMPLE_RATE

_SEED = 3
_CERTAIN = 50.0  # added to the score of speech


def block(filters: int, repeat: int, kernel: int, residual: bool = True) -> dict[str, Any]:
    """One of TitaNet's: separable convolutions with squeeze and excitation."""
    return _convolutions(filters, repeat, kernel, residual) | dict(se=True, se_context_size=-1)


def speaker_network(blocks: Sequence[dict[str, Any]], classes: int) -> Any:
    """NeMo's EncDecSpeakerLabelModel over Jasper blocks (see :func:`block`), in training mode."""
    from nemo.collections.asr.models import EncDecSpeakerLabelModel
    from omegaconf import OmegaConf

    mel = dict(
        _target_="nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        normalize="per_feature",
        window_size=0.025,
        sample_rate=SAMPLE_RATE,
        window_stride=0.01,
        window="hann",
        features=80,
        n_fft=512,
        frame_splicing=1,
        dither=1e-5,
    )
    decoder = dict(
        _target_="nemo.collections.asr.modules.SpeakerDecoder",
        feat_in=blocks[-1]["filters"],
        num_classes=classes,
        pool_mode="attention",
        emb_sizes=192,
    )
    loss = dict(_target_="nemo.collections.asr.losses.angularloss.AngularSoftmaxLoss", scale=30, margin=0.2)
    parts = dict(preprocessor=mel, encoder=_encoder(80, blocks), decoder=decoder, loss=loss)
    names = dict(sample_rate=SAMPLE_RATE, labels=None, train_ds=None, validation_ds=None)
    return EncDecSpeakerLabelModel(cfg=OmegaConf.create({**parts, **names}))


def titanet(width: int = 1024) -> Any:
    """TitaNet-large, 23 million weights, in eval mode; a narrower one for tests."""
    torch.manual_seed(_SEED)
    middle = [block(width, 3, kernel) for kernel in (7, 11, 15)]
    blocks = [block(width, 1, 3, residual=False), *middle, block(3 * width, 1, 1, residual=False)]
    return speaker_network(blocks, 2).eval()


def window_marblenet() -> Any:
    """MarbleNet 3x2x64, which judges a window at a time (vad_multilingual_marblenet): all is speech to it."""
    from nemo.collections.asr.models import EncDecClassificationModel
    from omegaconf import OmegaConf

    torch.manual_seed(_SEED)
    model = EncDecClassificationModel(cfg=OmegaConf.create(_marblenet())).eval()
    _hear_speech_only(model)
    return model


def frame_marblenet() -> Any:
    """MarbleNet v2, which judges frames, with NVIDIA's weights as they are embedded: all is speech to it."""
    from pipeline.nemo_models import load_marblenet
    from pipeline.offline_models import marblenet_onnx

    model = load_marblenet(marblenet_onnx())
    _hear_speech_only(model)
    return model


@torch.no_grad()
def _hear_speech_only(model: Any) -> None:
    """Raises the bias of the second label, in the decoder's last layer."""
    last = [layer for layer in model.decoder.modules() if isinstance(layer, torch.nn.Linear)][-1]
    last.bias[1] += _CERTAIN


def _marblenet() -> dict[str, Any]:
    mfcc = dict(
        _target_="nemo.collections.asr.modules.AudioToMFCCPreprocessor",
        window_size=0.025,
        window_stride=0.01,
        window="hann",
        n_mels=64,
        n_mfcc=64,
        n_fft=512,
    )
    blocks = [
        _convolutions(128, 1, 11, False),
        *(_convolutions(64, 2, kernel, True) for kernel in (13, 15, 17)),
        _convolutions(128, 1, 29, False) | dict(dilation=[2]),
        _convolutions(128, 1, 1, False) | dict(separable=False),
    ]
    decoder = dict(
        _target_="nemo.collections.asr.modules.ConvASRDecoderClassification",
        feat_in=128,
        return_logits=True,
        pooling_type="avg",
        num_classes=2,
    )
    names = dict(sample_rate=SAMPLE_RATE, labels=["background", "speech"], train_ds=None, validation_ds=None)
    return dict(preprocessor=mfcc, encoder=_encoder(64, blocks), decoder=decoder, **names)


def _convolutions(filters: int, repeat: int, kernel: int, residual: bool) -> dict[str, Any]:
    fixed = dict(stride=[1], dilation=[1], dropout=0.0, separable=True, kernel_size_factor=1.0)
    return dict(filters=filters, repeat=repeat, kernel=[kernel], residual=residual) | fixed


def _encoder(features: int, blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return dict(
        _target_="nemo.collections.asr.modules.ConvASREncoder",
        feat_in=features,
        activation="relu",
        conv_mask=True,
        jasper=list(blocks),
    )
