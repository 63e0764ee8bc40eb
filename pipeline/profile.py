"""Profiles: one YAML in NeMo's ``diar_infer`` schema says which model runs at each stage."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from errors import ModelError
from settings import Settings

log = logging.getLogger(__name__)

KEYS = {
    "name",
    "device",
    "diarizer.vad.model_path",
    "diarizer.segmentation.model_path",
    "diarizer.speaker_embeddings.model_path",
    "diarizer.asr.model_path",
    "diarizer.clustering.parameters.max_num_speakers",
}
EMBEDDED = "offline"  # what MODEL_CONFIG=auto means as long as it is the only profile


@dataclass(frozen=True)
class Profile:
    """The model of each stage by name, the device ("auto", "cpu", "cuda", "cuda:0") and the cap on speakers."""

    name: str
    device: str
    vad: str
    segmentation: str
    embeddings: str
    asr: str
    max_speakers: int

    @property
    def models(self) -> dict[str, str]:
        """{stage: model}, as /status and every result show it."""
        return {"vad": self.vad, "segmentation": self.segmentation, "embeddings": self.embeddings, "asr": self.asr}


def load_profile(settings: Settings) -> Profile:
    """The profile that MODEL_CONFIG names. Raises ModelError naming the setting and what is wrong."""
    path = _find(settings)
    try:
        config: Any = OmegaConf.load(path)
        if idle := sorted(set(_keys(OmegaConf.to_container(config))) - KEYS):
            log.warning("Profile %s: keys without effect: %s", path.stem, ", ".join(idle))
        diarizer = config.diarizer
        return Profile(
            name=str(config.name),
            device=str(config.device),
            vad=str(diarizer.vad.model_path),
            segmentation=str(diarizer.segmentation.model_path),
            embeddings=str(diarizer.speaker_embeddings.model_path),
            asr=str(diarizer.asr.model_path),
            max_speakers=int(diarizer.clustering.parameters.max_num_speakers),
        )
    except (OSError, YAMLError, OmegaConfBaseException, AttributeError, TypeError, ValueError) as error:
        # The system's own words, without the path that str() of an OSError adds.
        text = str(error.strerror if isinstance(error, OSError) else error)
        reason = text.splitlines()[0] if text else type(error).__name__
        raise ModelError(f"The profile {path.name} (MODEL_CONFIG) cannot be used: {reason}.") from error


def _keys(tree: Any, prefix: str = "") -> Iterator[str]:
    """The dotted names of all leaves."""
    for name, value in tree.items() if isinstance(tree, dict) else ():
        yield from _keys(value, f"{prefix}{name}.") if isinstance(value, dict) else (f"{prefix}{name}",)


def _find(settings: Settings) -> Path:
    name = EMBEDDED if settings.profile == "auto" else settings.profile
    path = Path(name) if name.endswith((".yaml", ".yml")) else settings.model_config_dir / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in settings.model_config_dir.glob("*.yaml"))) or "none"
        raise ModelError(f"MODEL_CONFIG={settings.profile}: no such profile; found: {known}.")
    return path
