"""``cli.py models bundle``: everything that a profile needs in one folder, for a machine without network."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from commands.sums import FILE, read_sums, write_sums
from errors import InputError, InvalidOption, ModelError
from pipeline import catalogue
from pipeline.checkpoints import files_of, remedy, require_all, store, stored_name
from pipeline.profile import PRODUCTION, Profile, find_profile, load_profile
from settings import Settings

README = """\
Models for the profile {name}.

Copy this folder to the machine that shall serve, check it there, and name it in two settings (here it is {here}):

    python cli.py models verify {here}
    MODEL_CACHE_DIR={here} MODEL_CONFIG={here}/{name}.yaml python app.py

The paths must be absolute, for example /srv/models; both settings may stand in .env instead. Nothing is downloaded.
`sha256sum --check {file}` checks the folder too.

{models}

A .nemo file is code: loading one makes whatever objects its configuration names. Use this folder only if you trust
where it comes from.
"""


def bundle(folder: Path, settings: Settings) -> list[Path]:
    """Make ``folder`` with the profile that MODEL_CONFIG names; returns its files. It is complete or not there at all.

    Raises ModelError when a checkpoint is missing or damaged, InvalidOption when ``folder`` holds something already.
    """
    source = find_profile(settings, PRODUCTION if settings.profile == "auto" else settings.profile)
    profile = load_profile(source)
    if profile.embedded:
        raise InputError(f"The profile {profile.name} needs no bundle: its models come with pip packages.")
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidOption(f"{folder.name} exists and is not empty; name a new folder.", field="dir")
    found = require_all(profile.models, settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        stack.callback(shutil.rmtree, new, ignore_errors=True)
        _fill(new, profile, source, found, settings)
        new.chmod(0o755)
        os.replace(new, folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _fill(folder: Path, profile: Profile, source: Path, found: dict[str, Path], settings: Settings) -> None:
    text = source.read_text(encoding="utf-8")
    sums: dict[str, str] = {}
    for model, path in {profile.models[stage]: path for stage, path in found.items()}.items():
        name = _name(model)
        text = _renamed(text, model, name) if name != model else text
        recorded = read_sums(path.parent) if path.parent == store(settings) else {}
        copied = _copy(path, folder, name, recorded)
        if copied.keys() & sums.keys():
            raise ModelError(f"Two models of the profile {profile.name} are files called {name}; rename one.")
        sums |= copied
    for name, content in ((f"{profile.name}.yaml", text), ("README.txt", _readme(profile))):
        (folder / name).write_text(content, encoding="utf-8")
        sums[name] = hashlib.sha256(content.encode()).hexdigest()
    write_sums(folder, sums)
    _check(folder, profile, settings)


def _name(model: str) -> str:
    """A path to a file means nothing on another machine; there, it is a name in the store."""
    return Path(model).stem if model.endswith(".nemo") else model


def _renamed(profile: str, old: str, new: str) -> str:
    """The profile's text, comments and all, with another model_path."""
    return re.sub(rf"""(model_path\s*:\s*)(["']?){re.escape(old)}\2(?=\s|$)""", rf"\g<1>{new}", profile)


def _copy(path: Path, folder: Path, model: str, recorded: dict[str, str]) -> dict[str, str]:
    """{name in the bundle: SHA-256} of a checkpoint's files. Raises ModelError for one that is not as it was pulled."""
    sums, name = {}, f"checkpoints/{stored_name(model)}"
    for file in files_of(path):
        inside = f"{name}/{file.name}" if path.is_dir() else f"{name}.nemo"
        digest = _copy_file(file, folder / inside)
        if digest != recorded.get(inside.removeprefix("checkpoints/"), digest):
            raise ModelError(f"{path.name} is damaged; {remedy(model)}")
        sums[inside] = digest
    return sums


def _copy_file(source: Path, target: Path) -> str:
    """Read once for both: gigabytes take their time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while block := read.read(1 << 20):
            digest.update(block)
            write.write(block)
    return digest.hexdigest()


def _readme(profile: Profile) -> str:
    known = {model: catalogue.find(model) for model in profile.models.values()}
    lines = [
        f"{_name(model)}: {found.licence if found else 'licence not known here'}" for model, found in known.items()
    ]
    return README.format(name=profile.name, here="/path/to/this/folder", file=FILE, models="\n".join(lines))


def _check(folder: Path, profile: Profile, settings: Settings) -> None:
    """The bundle must load by itself: its own profile finds every model in it. Raises ModelError."""
    own = settings.model_copy(update={"model_cache_dir": folder, "profile": str(folder / f"{profile.name}.yaml")})
    found = require_all(load_profile(folder / f"{profile.name}.yaml").models, own)
    if outside := [stage for stage, path in found.items() if not path.is_relative_to(folder)]:
        raise ModelError(f"The profile {profile.name} cannot be bundled: model_path of {', '.join(outside)}.")
