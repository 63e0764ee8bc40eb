"""A ``.nemo`` file -> a NeMo model in memory, or one clear line that says why not, before the first request.

A ``.nemo`` file is a tar of ``model_config.yaml``, weights and tokenizers. The configuration is read by itself first:
it tells the class and the sample rate without a network being built. Such a file can make NeMo build any of its
classes, so paths come from the profile and never from a request.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from errors import ModelError
from pipeline.allocator import release_memory
from pipeline.checkpoints import remedy
from pipeline.types import SAMPLE_RATE

_CONFIG = "model_config.yaml"


def restore(path: Path, kinds: tuple[str, ...], stage: str, device: str = "cpu", model_path: str = "") -> Any:
    """The model in ``path``, in eval mode on ``device``.

    kinds: names of NeMo's classes that the stage can use; a subclass of one is another kind. model_path: what the
    profile calls it. Raises ModelError for a file that is none, is damaged, is of another class, hears another sample
    rate or needs a newer NeMo.
    """
    name, advice = f"The {stage} model {path.name}", remedy(model_path)
    config = _config(path, name, advice)
    cls = _usable(config, kinds, name)
    from pipeline.nemo_weights import mapped_weights

    try:
        model = cls.restore_from(str(path.resolve()), map_location=device, save_restore_connector=mapped_weights())
    except Exception as error:  # whatever a damaged file, or one of another version, makes the many constructors raise
        if unknown := next((target for target in _targets(config) if _find(target) is None), ""):
            raise ModelError(_newer(name, unknown)) from error
        raise ModelError(f"{name} cannot be loaded ({type(error).__name__}); if damaged, {advice}") from error
    model = model.eval().to(device)
    release_memory()  # the weights that the network was built with
    return model


def inspect(path: Path, kinds: tuple[str, ...], stage: str, model_path: str = "") -> dict[str, Any]:
    """The configuration of the model in ``path``. Raises ModelError as :func:`restore`, as far as that shows without a
    network being built: a file that broke off, another class or sample rate, a newer NeMo."""
    name = f"The {stage} model {path.name}"
    config = _config(path, name, remedy(model_path), to_the_end=True)
    _usable(config, kinds, name)
    return config


def _usable(config: dict[str, Any], kinds: tuple[str, ...], name: str) -> type[Any]:
    cls = _class(str(config.get("target", "")), name)
    if cls.__name__ not in kinds:
        raise ModelError(f"{name} is of class {cls.__name__}; model_path must name one of {', '.join(kinds)}.")
    if (rate := _sample_rate(config, name)) != SAMPLE_RATE:
        raise ModelError(f"{name} hears sound at {rate} Hz, not at {SAMPLE_RATE} Hz: choose another model_path.")
    return cls


def _config(path: Path, name: str, advice: str, *, to_the_end: bool = False) -> dict[str, Any]:
    """What ``model_config.yaml`` says. to_the_end: whether the files behind it are to be there too."""
    try:
        with tarfile.open(path) as archive:
            member = next(item for item in archive if Path(item.name).name == _CONFIG)
            config = yaml.safe_load(archive.extractfile(member) or b"")
            if to_the_end:
                archive.getmembers()
    except FileNotFoundError as error:
        raise ModelError(f"{name} (model_path in the profile) does not exist.") from error
    except (OSError, EOFError, zlib.error, tarfile.TarError, StopIteration, yaml.YAMLError) as error:
        raise ModelError(f"{name} is no .nemo file, or a damaged one; {advice}") from error
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


def _sample_rate(config: dict[str, Any], name: str) -> int:
    """Hz; the front end's own figure counts, where it has one. Either may refer to another key, as NeMo allows."""
    try:
        tree = OmegaConf.create(config)
        front = tree.get("preprocessor") or {}
        return int(front.get("sample_rate") or tree.get("sample_rate") or SAMPLE_RATE)
    except (OmegaConfBaseException, AttributeError, TypeError, ValueError) as error:
        raise ModelError(f"{name} does not say at how many Hz it hears sound: choose another model_path.") from error
