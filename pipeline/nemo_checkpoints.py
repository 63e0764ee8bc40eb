"""A ``.nemo`` file -> a NeMo model in memory, or one clear line that says why not, before the first request.

A ``.nemo`` file is a tar of ``model_config.yaml``, weights and tokenizers. The configuration is read by itself first:
it tells the class and the sample rate without a network being built. Such a file can make NeMo build any of its
classes, so paths come from the profile and never from a request.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from errors import ModelError
from pipeline.allocator import release_memory
from pipeline.types import SAMPLE_RATE

_CONFIG = "model_config.yaml"
_FETCH = "fetch it again with: python cli.py models pull"


def restore(path: Path, kinds: tuple[str, ...], stage: str, device: str = "cpu") -> Any:
    """The model in ``path``, in eval mode on ``device``.

    kinds: names of NeMo's classes that the stage can use; a subclass of one is another kind. Raises ModelError for
    a file that is none, is damaged, is of another class, hears another sample rate or needs a newer NeMo.
    """
    name = f"The {stage} model {path.name}"
    config = _config(path, name)
    cls = _class(str(config.get("target", "")), name)
    if cls.__name__ not in kinds:
        raise ModelError(f"{name} is of class {cls.__name__}; model_path must name one of {', '.join(kinds)}.")
    if (rate := _sample_rate(config)) != SAMPLE_RATE:
        raise ModelError(f"{name} hears sound at {rate} Hz, not at {SAMPLE_RATE} Hz: choose another model_path.")
    try:
        model = cls.restore_from(str(path.resolve()), map_location=device)
    except Exception as error:  # whatever a damaged file, or one of another version, makes the many constructors raise
        if unknown := next((target for target in _targets(config) if _find(target) is None), ""):
            raise ModelError(_newer(name, unknown)) from error
        raise ModelError(f"{name} cannot be loaded ({type(error).__name__}); if damaged, {_FETCH}") from error
    model = model.eval().to(device)
    release_memory()  # the weights as they came from the file, which lie beside the model's own until then
    return model


def _config(path: Path, name: str) -> dict[str, Any]:
    """What ``model_config.yaml`` says."""
    try:
        with tarfile.open(path) as archive:
            member = next(item for item in archive if Path(item.name).name == _CONFIG)
            config = yaml.safe_load(archive.extractfile(member) or b"")
    except FileNotFoundError as error:
        raise ModelError(f"{name} (model_path in the profile) does not exist.") from error
    except (OSError, EOFError, tarfile.TarError, StopIteration, yaml.YAMLError) as error:
        raise ModelError(f"{name} is no .nemo file, or a damaged one; {_FETCH}") from error
    return config if isinstance(config, dict) else {}


def _class(target: str, name: str) -> type[Any]:
    cls = _find(target)
    if cls is None and target.startswith("nemo."):
        raise ModelError(_newer(name, target))
    if not isinstance(cls, type):
        raise ModelError(f"{name} names no class of NeMo: choose another model_path.")
    return cls


def _newer(name: str, target: str) -> str:
    from nemo import __version__

    return f"{name} needs another NeMo: version {__version__} has no {target}."


def _find(target: str) -> Any:
    """What a dotted name of NeMo's stands for; None where this NeMo does not have it. Nothing else is imported."""
    module, _, attribute = target.rpartition(".")
    if not target.startswith("nemo."):
        return None
    try:
        return getattr(import_module(module), attribute, None)
    except ImportError:
        return None


def _targets(config: Any) -> Iterator[str]:
    """Every class of NeMo's that the configuration names."""
    if isinstance(config, dict):
        if str(config.get("_target_", "")).startswith("nemo."):
            yield config["_target_"]
        for value in config.values():
            yield from _targets(value)


def _sample_rate(config: dict[str, Any]) -> int:
    """Hz; the front end's own figure counts, where it has one."""
    front = config.get("preprocessor") or {}
    return int(front.get("sample_rate") or config.get("sample_rate") or SAMPLE_RATE)
