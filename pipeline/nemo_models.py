"""NVIDIA NeMo's MarbleNet, and NeMo's chatter off. As in all ``nemo_`` files it is imported late: it takes seconds."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from errors import ModelError

_BN_EPS = 1e-3  # of NeMo's Jasper blocks


def quiet_nemo(level: str) -> None:
    """NeMo's own logger to ``level``, through our handlers and not past them; library chatter off."""
    from nemo.utils import logging as nemo_logging

    nemo_logging.setLevel(getattr(logging, level))
    own = logging.getLogger("nemo_logger")
    own.handlers.clear()
    own.propagate = True
    warnings.filterwarnings("ignore", category=FutureWarning)
    for name in ("pytorch_lightning", "lightning", "nv_one_logger", "numexpr"):
        logging.getLogger(name).setLevel(logging.ERROR)


def load_marblenet(onnx_file: Path, device: str = "cpu") -> Any:
    """Frame-level MarbleNet v2 as a NeMo ``EncDecFrameClassificationModel`` in eval mode.

    The configuration is NeMo's ``marblenet_3x2x64_20ms``; the weights come from an ONNX export in which every batch
    norm is folded into its convolution, so each norm here only adds that bias. Raises ModelError.
    """
    from google.protobuf.message import DecodeError
    from nemo.collections.asr.models import EncDecFrameClassificationModel
    from omegaconf import OmegaConf

    model = EncDecFrameClassificationModel(cfg=OmegaConf.create(_marblenet_config()))
    try:
        state = _marblenet_state(onnx_file)
        missing, unexpected = model.load_state_dict(state, strict=False)
    except (OSError, ValueError, LookupError, RuntimeError, StopIteration, DecodeError) as error:
        raise ModelError(
            f"The MarbleNet weights in {onnx_file.name} cannot be read: {type(error).__name__}."
        ) from error
    # Window and filter bank are NeMo's own; anything else missing means that a layer kept its random start.
    if unexpected or any(not name.startswith(("preprocessor.", "loss.")) for name in missing):
        raise ModelError(f"{onnx_file.name} does not hold the MarbleNet this service knows.")
    return model.eval().to(device)


def _marblenet_config() -> dict[str, Any]:
    def block(filters: int, repeat: int, kernel: int, **more: Any) -> dict[str, Any]:
        plain = dict(stride=[1], dilation=[1], dropout=0.0, residual=False, separable=True, kernel_size_factor=1.0)
        return dict(filters=filters, repeat=repeat, kernel=[kernel]) | plain | more

    pointwise = block(128, 1, 1, separable=False)
    return dict(
        sample_rate=16_000,
        repeat=2,
        dropout=0.0,
        kernel_size_factor=1.0,
        labels=["0", "1"],
        num_classes=2,
        preprocessor=dict(
            _target_="nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            normalize="None",
            window_size=0.025,
            sample_rate=16_000,
            window_stride=0.01,
            window="hann",
            features=80,
            n_fft=512,
            frame_splicing=1,
            dither=1e-5,
            pad_to=2,
        ),
        encoder=dict(
            _target_="nemo.collections.asr.modules.ConvASREncoder",
            feat_in=80,
            activation="relu",
            conv_mask=True,
            jasper=[
                block(128, 1, 11, stride=[2]),
                *(block(64, 2, kernel, residual=True) for kernel in (13, 15, 17)),
                block(128, 1, 29, dilation=[2]),
                {key: value for key, value in pointwise.items() if key not in ("separable", "kernel_size_factor")},
            ],
        ),
        decoder=dict(
            _target_="nemo.collections.common.parts.MultiLayerPerceptron",
            hidden_size=128,
            num_classes=2,
            num_layers=1,
            activation="relu",
            log_softmax=False,
        ),
    )


def _marblenet_state(onnx_file: Path) -> dict[str, torch.Tensor]:
    """NeMo's parameter names -> tensors of the export, following its convolutions in graph order."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(onnx_file)).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    convs = [n for n in graph.node if n.op_type in ("Conv", "FusedConv") and not n.input[0].startswith("/stft")]
    state: dict[str, np.ndarray] = {}

    def norm(name: str, bias: np.ndarray) -> None:
        state[name + "weight"] = np.full(len(bias), np.sqrt(1 + _BN_EPS), np.float32)
        state[name + "bias"] = bias
        state[name + "running_mean"] = np.zeros(len(bias), np.float32)
        state[name + "running_var"] = np.ones(len(bias), np.float32)

    for block, depthwise in enumerate(((0,), (0, 5), (0, 5), (0, 5), (0,))):
        prefix = f"encoder.encoder.{block}."
        for at in depthwise:
            name = f"{prefix}mconv.{at}.conv.weight"
            first = next(n for n in convs if n.input[1] == f"nvidia_vad.{name}")
            point = next(n for n in convs if n.input[0] == first.output[0])
            state[name] = weights[first.input[1]]
            state[f"{prefix}mconv.{at + 1}.conv.weight"] = weights[point.input[1]]
            norm(f"{prefix}mconv.{at + 2}.", weights[point.input[2]])
        if len(depthwise) == 2:
            entry = next(n for n in convs if n.input[1] == f"nvidia_vad.{prefix}mconv.0.conv.weight")
            skip = next(n for n in convs if n.input[0] == entry.input[0] and n is not entry)
            state[f"{prefix}res.0.0.conv.weight"] = weights[skip.input[1]]
            norm(f"{prefix}res.0.1.", weights[skip.input[2]])
    state["encoder.encoder.5.mconv.0.conv.weight"] = weights[convs[-1].input[1]]
    norm("encoder.encoder.5.mconv.1.", weights[convs[-1].input[2]])
    state["decoder.layer0.weight"] = weights["onnx::MatMul_260"].T
    state["decoder.layer0.bias"] = weights["nvidia_vad.decoder.layer0.bias"]
    return {name: torch.from_numpy(np.array(value)) for name, value in state.items()}
