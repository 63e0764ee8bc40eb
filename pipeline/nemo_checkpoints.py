"""A ``.nemo`` file -> a NeMo model in memory, or one clear line that says why not, before the first request.

The configuration is read by itself first: it tells the class and the sample rate without a network being built. Such a
file can make NeMo build any of its classes, so paths come from the profile and never from a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from errors import ModelError
from pipeline.allocator import release_memory
from pipeline.checkpoints import remedy
from pipeline.nemo_archives import check_weights, read_config
from pipeline.types import SAMPLE_RATE

# What NeMo builds of a configuration, where it has it; all else (optimizers, data, metrics) is for training.
_PARTS = (
    "preprocessor", "spec_augment", "crop_or_pad_augment", "encoder", "decoder", "joint", "aux_ctc",
    "sortformer_modules", "transformer_encoder",
)  # fmt: skip
_WITH_LOSS = ("EncDecSpeakerLabelModel", "SortformerEncLabelModel")  # which build the loss as well


def restore(path: Path, kinds: tuple[str, ...], stage: str, device: str = "cpu", model_path: str = "") -> Any:
    """The model in ``path``, in eval mode on ``device``.

    kinds: names of NeMo's classes that the stage can use; a subclass of one is another kind. model_path: what the
    profile calls it. Raises ModelError for a file that is none, is damaged, is of another class, hears another sample
    rate or needs a newer NeMo.
    """
    name, advice = f"The {stage} model {path.name}", remedy(model_path)
    with _readable(name, advice):
        config = read_config(path)
    cls = _usable(config, kinds, name)
    from pipeline.nemo_weights import mapped_weights

    try:
        model = cls.restore_from(str(path.resolve()), map_location=device, save_restore_connector=mapped_weights())
    except Exception as error:  # whatever a damaged file, or one of another version, makes the many constructors raise
        if unknown := _unknown(config):
            raise ModelError(_newer(name, unknown)) from error
        raise ModelError(f"{name} cannot be loaded ({type(error).__name__}); if damaged, {advice}") from error
    model = model.eval().to(device)
    release_memory()  # the weights that the network was built with
    return model


def inspect(path: Path, kinds: tuple[str, ...], stage: str, model_path: str = "") -> dict[str, Any]:
    """The configuration of the model in ``path``. Raises ModelError as :func:`restore`, as far as that shows without a
    network being built: a damaged file, no weights, another class or sample rate, a newer NeMo."""
    name, advice = f"The {stage} model {path.name}", remedy(model_path)
    with _readable(name, advice):
        config = read_config(path)
        check_weights(path)
    cls = _usable(config, kinds, name)
    built = {*_PARTS, "loss"} if cls.__name__ in _WITH_LOSS else {*_PARTS}
    if unknown := _unknown({part: value for part, value in config.items() if part in built}):
        raise ModelError(_newer(name, unknown))
    return config


def _usable(config: dict[str, Any], kinds: tuple[str, ...], name: str) -> type[Any]:
    cls = _class(str(config.get("target", "")), name)
    if cls.__name__ not in kinds:
        raise ModelError(f"{name} is of class {cls.__name__}; model_path must name one of {', '.join(kinds)}.")
    if (rate := _sample_rate(config, name)) != SAMPLE_RATE:
        raise ModelError(f"{name} hears sound at {rate} Hz, not at {SAMPLE_RATE} Hz: choose another model_path.")
    return cls


@contextmanager
def _readable(name: str, advice: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ModelError(f"{name} (model_path in the profile) does not exist.") from error
    except ValueError as error:
        raise ModelError(f"{name} is no .nemo file, or a damaged one; {advice}") from error


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


def _unknown(config: dict[str, Any]) -> str:
    """The first class of NeMo's in the configuration that this NeMo does not have; empty where it has them all."""
    return next((target for target in _targets(config) if _find(target) is None), "")


def _targets(config: Any) -> Iterator[str]:
    """Every class of NeMo's that the configuration names for a part."""
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
