from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from errors import ModelError
from pipeline.loading import Models
from pipeline.nemo_models import load_marblenet, quiet_nemo
from pipeline.offline_models import marblenet_onnx
from pipeline.types import Audio


def test_it_is_nemos_own_class_and_says_what_the_export_says(models: Models, sample: Audio) -> None:
    """The export computes its features another way, so that single frames differ by a few hundredths."""
    from nemo.collections.asr.models import EncDecFrameClassificationModel

    assert isinstance(models.detector._model, EncDecFrameClassificationModel)
    ours = models.detector(sample)
    session = onnxruntime.InferenceSession(str(marblenet_onnx()))
    samples = np.round(sample.samples * 32_768).clip(-32_768, 32_767).astype(np.int16)
    (theirs,) = session.run(["score_active"], {"audio": samples[None, None]})
    theirs = np.asarray(theirs).ravel()
    assert len(ours) == len(theirs)
    assert np.abs(ours - theirs).max() < 0.1
    assert ((ours > 0.5) != (theirs > 0.5)).mean() < 0.003


def cut_off(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def another_network(raw: bytes) -> bytes:
    return onnx.ModelProto(graph=onnx.GraphProto(name="empty")).SerializeToString()


def another_shape(raw: bytes) -> bytes:
    model = onnx.load_from_string(raw)
    (bias,) = (tensor for tensor in model.graph.initializer if tensor.name == "nvidia_vad.decoder.layer0.bias")
    bias.CopyFrom(onnx.numpy_helper.from_array(np.zeros(5, np.float32), bias.name))
    return model.SerializeToString()


def a_layer_less(raw: bytes) -> bytes:
    model = onnx.load_from_string(raw)
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.replace("nvidia_vad.decoder", "decoder")
    return model.SerializeToString()


@pytest.mark.parametrize("damage", [lambda raw: b"", cut_off, another_network, another_shape, a_layer_less])
def test_a_damaged_export_is_refused_by_name(damage, tmp_path: Path) -> None:
    broken = tmp_path / "marblenet.onnx"
    broken.write_bytes(damage(marblenet_onnx().read_bytes()))
    with pytest.raises(ModelError, match=r"marblenet\.onnx") as caught:
        load_marblenet(broken)
    assert str(tmp_path) not in caught.value.message


def test_a_missing_export_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        load_marblenet(tmp_path / "gone.onnx")


def test_nemo_logs_from_the_level_that_was_asked_for() -> None:
    from nemo.utils import logging as nemo_logging

    before = nemo_logging.getEffectiveLevel()
    try:
        quiet_nemo("CRITICAL")
        assert nemo_logging.getEffectiveLevel() == logging.CRITICAL
    finally:
        nemo_logging.setLevel(before)
