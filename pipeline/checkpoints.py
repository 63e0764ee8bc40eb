"""Checkpoints: what a profile's ``model_path`` names -> where it lies on this machine. Nothing is fetched here.

A ``model_path`` is a ``.nemo`` file, a Hugging Face id ("nvidia/parakeet-tdt-0.6b-v3") or a name of NVIDIA's NGC
catalogue ("titanet_large"). ``python cli.py models pull`` fetches what is missing.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

from errors import ModelError
from pipeline import catalogue
from pipeline.profile import PRODUCTION, is_own_path
from settings import Settings, absolute

FOLDER_FILES = re.compile(r"[\w.-]+\.(json|safetensors)")  # of a model of transformers: no code, no pickles


def store(settings: Settings) -> Path:
    """The folder that ``models pull`` fills: one ``NAME.nemo`` or folder ``NAME`` for each checkpoint."""
    return settings.model_cache_dir / "checkpoints"


def stored_name(model_path: str) -> str:
    """The name below :func:`store`, without suffix: "nvidia/x" is "nvidia--x"."""
    return model_path.replace("/", "--")


def locate(model_path: str, settings: Settings) -> Path | None:
    """The file (or the folder, for what is no ``.nemo``), or None where it is not on this machine.

    Looked for in our own store first, then in the caches of Hugging Face and of NeMo, where other programs put it.
    Raises ModelError for a path below the home folder of nobody.
    """
    if is_own_path(model_path):
        return _own(model_path)
    own = store(settings) / stored_name(model_path)
    for path in (own.with_name(f"{own.name}.nemo"), own):
        if path.exists():
            return path
    return _in_hub_cache(model_path) if model_path.count("/") == 1 else _in_nemos_cache(model_path)


def require_all(models: Mapping[str, str], settings: Settings) -> dict[str, Path]:
    """{stage: where its model lies} for {stage: model_path}.

    Raises ModelError: one line with every model that is missing and the command that fetches them.
    """
    found = {stage: locate(path, settings) for stage, path in models.items()}
    if missing := {stage: models[stage] for stage, path in found.items() if path is None}:
        raise ModelError(_what_to_do(missing, settings))
    return {stage: path for stage, path in found.items() if path}


def files_of(checkpoint: Path) -> list[Path]:
    """The files of a model: itself, or those in its folder that a model of transformers is made of."""
    if not checkpoint.is_dir():
        return [checkpoint]
    return sorted(path for path in checkpoint.iterdir() if FOLDER_FILES.fullmatch(path.name))


def remedy(model_path: str) -> str:
    """What to do about a model that is damaged; empty: it is not known where it came from."""
    if not model_path or is_own_path(model_path):
        return "put a sound one in its place, or choose another model_path."
    return f"fetch it again with: python cli.py models pull --force {shlex.quote(model_path)}"


def _what_to_do(missing: Mapping[str, str], settings: Settings) -> str:
    name = Path(PRODUCTION if settings.profile == "auto" else settings.profile).stem
    own = {stage: path for stage, path in missing.items() if is_own_path(path)}
    pulled = {stage: path for stage, path in missing.items() if stage not in own}
    says = []
    if own:
        models = ", ".join(f"the {stage} model {Path(path).name}" for stage, path in own.items())
        says.append(f"{models}: no such file; correct model_path in the profile {name}.")
    if pulled:
        models = ", ".join(f"the {stage} model {path}" for stage, path in pulled.items())
        # By their names, for these are right wherever the profile's name came from.
        command = shlex.join(["python", "cli.py", "models", "pull", *dict.fromkeys(pulled.values())])
        says.append(f"{models}: not on this machine (model_path in the profile {name}); run: {command}")
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in says)


def _own(model_path: str) -> Path | None:
    try:
        path = absolute(model_path)
    except ValueError as error:
        raise ModelError(f"{error}: correct model_path.") from error
    there = path.is_file() if model_path.endswith(".nemo") else path.is_dir()
    return path if there else None


def _in_hub_cache(model_path: str) -> Path | None:
    known = catalogue.find(model_path)
    try:
        found = try_to_load_from_cache(model_path, f"{model_path.partition('/')[2]}.nemo")
    except HFValidationError:  # of a command's argument; those of profiles are checked when they are read
        return None
    if isinstance(found, str) and not (known and known.folder):
        return Path(found)
    config = try_to_load_from_cache(model_path, "config.json")  # a model of transformers is a folder
    weights = try_to_load_from_cache(model_path, "model.safetensors")
    return Path(config).parent if isinstance(config, str) and isinstance(weights, str) else None


def _in_nemos_cache(name: str) -> Path | None:
    """A file of NGC that NeMo's ``from_pretrained`` fetched: FOLDER/FILE/HASH/FILE.nemo, where the hash is of the
    address and of what NeMo says about the model. More than one where that changed; then the newest."""
    known = catalogue.find(name)
    stem = PurePosixPath(known.url).stem if known and known.url else name
    found = _nemos_cache().glob(f"{glob.escape(stem)}/*/{glob.escape(stem)}.nemo")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _nemos_cache() -> Path:
    """As ``nemo.utils.data_utils.resolve_cache_dir``, but without seconds of imports."""
    if own := os.environ.get("NEMO_CACHE_DIR"):
        return Path(own).resolve()
    return Path.home() / ".cache" / "torch" / "NeMo" / f"NeMo_{version('nemo-toolkit')}"
