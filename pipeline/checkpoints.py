"""Checkpoints: what a profile's ``model_path`` names -> where it lies on this machine. Nothing is fetched here.

A ``model_path`` is a ``.nemo`` file, a Hugging Face id ("nvidia/parakeet-tdt-0.6b-v3") or a name of NVIDIA's NGC
catalogue ("titanet_large"). ``python cli.py models pull`` fetches what is missing.
"""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from errors import ModelError
from settings import ROOT, Settings


def store(settings: Settings) -> Path:
    """The folder that ``models pull`` fills: one ``NAME.nemo`` or folder ``NAME`` for each checkpoint."""
    return settings.model_cache_dir / "checkpoints"


def stored_name(model_path: str) -> str:
    """The name below :func:`store`, without suffix: "nvidia/x" is "nvidia--x"."""
    return model_path.replace("/", "--")


def locate(model_path: str, settings: Settings) -> Path | None:
    """The file (or the folder, for what is no ``.nemo``), or None where it is not on this machine.

    Looked for in our own store first, then in the cache of Hugging Face, where other programs put it.
    """
    if model_path.endswith(".nemo"):
        path = ROOT / Path(model_path).expanduser()
        return path if path.is_file() else None
    own = store(settings) / stored_name(model_path)
    for path in (own.with_name(f"{own.name}.nemo"), own):
        if path.exists():
            return path
    return _in_hub_cache(model_path) if model_path.count("/") == 1 else None


def require(stage: str, model_path: str, settings: Settings) -> Path:
    """As :func:`locate`. Raises ModelError that names the stage, the model and the command that fetches it."""
    path = locate(model_path, settings)
    if path is None and model_path.endswith(".nemo"):
        raise ModelError(f"The {stage} model {Path(model_path).name} (model_path in the profile) does not exist.")
    if path is None:
        raise ModelError(f"The {stage} model {model_path} is not on this machine; run: python cli.py models pull")
    return path


def _in_hub_cache(model_path: str) -> Path | None:
    found = try_to_load_from_cache(model_path, f"{model_path.partition('/')[2]}.nemo")
    if isinstance(found, str):
        return Path(found)
    config = try_to_load_from_cache(model_path, "config.json")  # a model of transformers is a folder
    weights = try_to_load_from_cache(model_path, "model.safetensors")
    return Path(config).parent if isinstance(config, str) and isinstance(weights, str) else None
