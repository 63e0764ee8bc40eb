"""What a profile needs, and what of it is on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from commands.download import sha256
from commands.sums import read_sums
from errors import ModelError
from pipeline import catalogue, checkpoints
from pipeline.profile import Profile
from settings import Settings

SMALL = 32_000_000  # bytes; what is larger is hashed only when asked for


@dataclass(frozen=True)
class HeldFile:
    """sha256: computed now, else as it was when the file was pulled, else None."""

    path: Path
    size: int
    sha256: str | None


@dataclass(frozen=True)
class Need:
    """One model of a profile; no files: it is missing, and ``hint`` says what to know about fetching it."""

    stage: str
    model: str
    files: tuple[HeldFile, ...]
    hint: str = ""

    @property
    def missing(self) -> bool:
        return not self.files

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def needs(profile: Profile, settings: Settings, *, hashed: bool = False) -> list[Need]:
    """One for each stage of the profile. ``hashed``: hash large files too, seconds for each GB."""
    recorded = _recorded(settings)
    found = []
    for stage, model in profile.models.items():
        try:
            paths = _packaged(model) if profile.embedded else _located(model, settings)
            files = tuple(_held(path, recorded, hashed) for path in paths)
            found.append(Need(stage, model, files, "" if files else _hint(model)))
        except ModelError as error:
            found.append(Need(stage, model, (), error.message))
    return found


def _located(model: str, settings: Settings) -> list[Path]:
    path = checkpoints.locate(model, settings)
    return checkpoints.files_of(path) if path else []


def _packaged(model: str) -> list[Path]:
    """Raises ModelError naming what to install."""
    from pipeline import offline_models, whisper_weights  # brings in torch, seconds

    of: dict[str, Callable[[], list[Path]]] = {
        "marblenet-v2": lambda: [offline_models.marblenet_onnx()],
        "segmentation-3.0": lambda: [offline_models.segmentation_file()],
        "campplus": lambda: [offline_models.campplus_file()],
        "whisper-base": whisper_weights.package_files,
    }
    if model not in of:
        raise ModelError(f"unknown; an embedded profile has {', '.join(of)}")
    return of[model]()


def _held(path: Path, recorded: dict[Path, str], hashed: bool) -> HeldFile:
    size = path.stat().st_size
    return HeldFile(path, size, sha256(path) if hashed or size <= SMALL else recorded.get(path))


def _recorded(settings: Settings) -> dict[Path, str]:
    """What SHA256SUMS of the store, or of the bundle that is used as one, says."""
    return {
        folder / name: digest
        for folder in (settings.model_cache_dir, checkpoints.store(settings))
        for name, digest in read_sums(folder).items()
    }


def _hint(model: str) -> str:
    if model.endswith(".nemo"):
        return "no such file: correct model_path"
    known = catalogue.find(model)
    return f"to be pulled: about {megabytes(known.download * 1e6)}, {known.licence}" if known else "to be pulled"


def megabytes(size: float) -> str:
    """Bytes in the unit that model pages use: "2.51 GB", "100 MB", "0.5 MB"."""
    if size >= 1e9:
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"


def missing(found: list[Need]) -> Iterator[Need]:
    return (need for need in found if need.missing)
