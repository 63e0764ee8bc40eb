"""Profiles: one YAML in NeMo's ``diar_infer`` schema says which model runs at each stage, and how.

NeMo's published ``diar_infer_*.yaml`` load as they are: their keys that steer what this service has no use for
(manifests, folders, MSDD) are named in a warning. A key that neither NeMo nor this service knows is an error.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from errors import ModelError
from pipeline.catalogue import DEFAULT_ASR
from pipeline.parameters import (
    ActivityParameters,
    AsrParameters,
    ClusteringParameters,
    EmbeddingParameters,
    SortformerParameters,
    VadParameters,
)
from settings import Settings, absolute

log = logging.getLogger(__name__)

# Section of the YAML -> stage, as /status and results name it.
STAGES = {
    "vad": "vad",
    "segmentation": "segmentation",
    "speaker_embeddings": "embeddings",
    "sortformer": "sortformer",
    "nemotron": "nemotron",
    "asr": "asr",
}
# Stage -> the model that is embedded there, which needs all of the others.
EMBEDDED = {"vad": "marblenet-v2", "segmentation": "segmentation-3.0", "embeddings": "campplus", "asr": "whisper-base"}
PRECISIONS = ("fast", "exact")
OFFLINE, PRODUCTION = "offline", "diar_infer_general"  # what MODEL_CONFIG=auto chooses from
# What NeMo's own files hold and this service has no use for, by its dotted name; a name ending in a dot is a section.
IDLE = (
    "num_workers", "sample_rate", "batch_size", "map_location", "verbose",
    "diarizer.manifest_filepath", "diarizer.out_dir", "diarizer.oracle_vad", "diarizer.collar",
    "diarizer.ignore_overlap", "diarizer.vad.external_vad_manifest",
    "diarizer.speaker_embeddings.parameters.save_embeddings",
    "diarizer.clustering.parameters.oracle_num_speakers", "diarizer.clustering.parameters.enhanced_count_thres",
    "diarizer.clustering.parameters.maj_vote_spk_count", "diarizer.msdd_model.",
    "diarizer.asr.parameters.asr_based_vad",
    "diarizer.asr.parameters.asr_based_vad_threshold", "diarizer.asr.parameters.asr_batch_size",
    "diarizer.asr.parameters.decoder_delay_in_sec", "diarizer.asr.parameters.word_ts_anchor_offset",
    "diarizer.asr.parameters.word_ts_anchor_pos", "diarizer.asr.parameters.fix_word_ts_with_VAD",
    "diarizer.asr.parameters.colored_text", "diarizer.asr.parameters.print_time",
    "diarizer.asr.parameters.break_lines", "diarizer.asr.ctc_decoder_parameters.",
    "diarizer.asr.realigning_lm_parameters.",
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """models: {stage: model_path}; device: "auto", "cpu", "cuda", "cuda:0"; precision: "fast", or "exact" as NeMo's
    own scripts compute."""

    name: str
    device: str
    models: Mapping[str, str]
    precision: str = "fast"
    vad: VadParameters = field(default_factory=VadParameters)
    embeddings: EmbeddingParameters = field(default_factory=EmbeddingParameters)
    clustering: ClusteringParameters = field(default_factory=ClusteringParameters)
    asr: AsrParameters = field(default_factory=AsrParameters)
    sortformer: SortformerParameters = field(default_factory=SortformerParameters)
    nemotron: ActivityParameters = field(default_factory=ActivityParameters)

    @property
    def embedded(self) -> bool:
        """Whether its weights come with pip packages: those of NVIDIA's models have no segmentation."""
        return "segmentation" in self.models

    @property
    def max_speakers(self) -> int:
        return self.clustering.max_num_speakers


_PARAMETERS = {
    "vad": VadParameters,
    "speaker_embeddings": EmbeddingParameters,
    "clustering": ClusteringParameters,
    "asr": AsrParameters,
    "sortformer": SortformerParameters,
    "nemotron": ActivityParameters,
}


def load_profile(path: Path) -> Profile:
    """The profile in a file. Raises ModelError naming the file and every key that is wrong."""
    try:
        tree: Any = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
        if not isinstance(tree, dict) or not isinstance(tree.get("diarizer"), dict):
            raise ValueError("it has no section diarizer")
        _check_keys(tree, path)
        return _profile(tree, path)
    except (OSError, YAMLError, OmegaConfBaseException, AttributeError, TypeError, ValueError) as error:
        # The system's own words, without the path that str() of an OSError adds.
        text = str(error.strerror if isinstance(error, OSError) else error)
        reason = text.splitlines()[0] if text else type(error).__name__
        raise ModelError(f"The profile {path.name} cannot be used: {reason}.") from error


def find_profile(settings: Settings, name: str) -> Path:
    """The file of a profile: NAME.yaml in MODEL_CONFIG_DIR, or a path that ends in .yaml. Raises ModelError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else settings.model_config_dir / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(profile_names(settings)) or "none"
        raise ModelError(f"There is no profile {path.stem} (MODEL_CONFIG or PROFILES); found: {known}.")
    return path


def complete(profile: Profile) -> Profile:
    """The profile, if it has a model for speech, for voices and for words. Raises ModelError."""
    if profile.embedded:
        for stage, known in EMBEDDED.items():
            if (name := profile.models.get(stage)) != known:
                raise ModelError(f"Profile {profile.name}: model_path {name} is unknown for {stage}; known: {known}.")
    elif "vad" not in profile.models:  # a recogniser is taken where none is named
        raise ModelError(f"Profile {profile.name}: no model_path for vad.")
    elif not {"embeddings", "sortformer", "nemotron"} & set(profile.models):
        raise ModelError(f"Profile {profile.name}: no model_path for speaker_embeddings, sortformer or nemotron.")
    return profile


def profile_names(settings: Settings) -> list[str]:
    return sorted(file.stem for file in settings.model_config_dir.glob("*.yaml") if file.name != "server.yaml")


def _profile(tree: dict[str, Any], path: Path) -> Profile:
    diarizer = tree["diarizer"]
    models = _models(diarizer, path)
    precision = str(tree.get("precision", "fast"))
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}")
    parameters = {
        {"speaker_embeddings": "embeddings"}.get(section, section): _parameters(diarizer.get(section), kind)
        for section, kind in _PARAMETERS.items()
    }
    return Profile(path.stem, str(tree.get("device") or "auto"), models, precision, **parameters)


def _models(diarizer: dict[str, Any], path: Path) -> dict[str, str]:
    """{stage: model_path}. NeMo's scripts for diarization alone need no recogniser, so its files may name none."""
    models = {
        stage: _model_path(section, diarizer[section]["model_path"])
        for section, stage in STAGES.items()
        if (diarizer.get(section) or {}).get("model_path")
    }
    if "asr" not in models and "segmentation" not in models:
        _say_once(path, logging.INFO, f"no model_path for asr, so {DEFAULT_ASR} is taken")
        models["asr"] = DEFAULT_ASR
    return models


def _model_path(section: str, value: Any) -> str:
    """A name without a folder may be a file's that a bundle holds, so it may have any signs."""
    if isinstance(value, str) and is_own_path(value):
        return _own_path(section, value)
    try:
        if not isinstance(value, str) or "/" in value:
            validate_repo_id(value)
    except HFValidationError as error:
        raise ValueError(
            f"diarizer.{section}.model_path must be a .nemo file, OWNER/NAME of Hugging Face or a name of NVIDIA's "
            f"catalogue, not {value!r}"
        ) from error
    return value


def _own_path(section: str, value: str) -> str:
    try:
        absolute(value)
    except ValueError as error:
        raise ValueError(f"diarizer.{section}.model_path: {error}") from error
    return value


def is_own_path(model_path: str) -> bool:
    """Whether a model_path is a file or folder of one's own, and so nothing that ``models pull`` can fetch."""
    return model_path.endswith(".nemo") or model_path.startswith(("/", "~", "."))


@cache
def _say_once(path: Path, level: int, message: str) -> None:
    """A profile is read at the start and again for each load; what there is to say of it is said once a process."""
    log.log(level, "Profile %s: %s", path.stem, message)


def _parameters(section: Any, kind: type) -> Any:
    """The section's parameters as ``kind``; what it does not name, or leaves null, keeps its default."""
    given = (section or {}).get("parameters") or {}
    hints = get_type_hints(kind)
    values = {item.name: _value(item.name, given[item.name], hints[item.name]) for item in fields(kind)
              if given.get(item.name) is not None}  # fmt: skip
    if "window_length_in_sec" in values and kind is EmbeddingParameters:
        values.setdefault("multiscale_weights", (1.0,) * len(values["window_length_in_sec"]))
    return kind(**values)


def _value(name: str, value: Any, hint: Any) -> Any:
    if hint is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
        return value
    if hint is str:  # NeMo writes false for none
        return str(value or "")
    hint = int if hint == int | None else hint
    several = hint not in (int, float)
    numbers = _numbers(name, value, several)
    if several:
        return tuple(map(float, numbers))
    if hint is int and numbers[0] != int(numbers[0]):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return hint(numbers[0])


def _numbers(name: str, value: Any, several: bool) -> list[int | float]:
    numbers = value if several and isinstance(value, list) else [value]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        raise ValueError(f"{name} must be a number{' or a list of them' if several else ''}, not {value!r}")
    if not all(abs(number) <= sys.float_info.max for number in numbers):  # YAML knows .inf and .nan, and 1e400 is .inf
        raise ValueError(f"{name} must be finite, not {value!r}")
    return numbers


def _check_keys(tree: dict[str, Any], path: Path) -> None:
    """Names keys without effect in a warning; raises ValueError with every key that nobody knows, or with every section
    that is none."""
    valid = {"name", "device", "precision", *(f"diarizer.{section}.model_path" for section in STAGES)}
    for section, kind in _PARAMETERS.items():
        valid |= {f"diarizer.{section}.parameters.{item.name}" for item in fields(kind)}
    leaves = dict(_leaves(tree))
    sections = {key for key in leaves if any(name.startswith(f"{key}.") for name in valid)}
    others = leaves.keys() - valid - sections
    idle = {key for key in others if key in IDLE or any(key.startswith(name) for name in IDLE if name.endswith("."))}
    if wrong := sorted(others - idle):
        raise ValueError(f"unknown keys: {', '.join(wrong)}")
    if wrong := sorted(key for key in sections if leaves[key] is not None):  # null: nothing below it, as in NeMo's own
        raise ValueError(f"{' and '.join(wrong)} must have keys below")
    if idle:
        _say_once(path, logging.WARNING, f"keys without effect: {', '.join(sorted(idle))}")


def _leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of all that has no keys below it."""
    for name, value in tree.items():
        yield from _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
