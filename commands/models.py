"""``cli.py models``: what a profile needs, fetched, checked and packed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands import bundle as bundles
from commands.inventory import Need, megabytes, missing, needs
from commands.output import say
from commands.pull import Pulled, pull
from commands.sums import FILE, Difference, differences
from errors import DiarizationError
from pipeline.checkpoints import store
from pipeline.profile import PRODUCTION, Profile, find_profile, load_profile, profile_names
from settings import Settings


def list_models(profiles: Sequence[str], settings: Settings, *, hashed: bool, as_json: bool) -> bool:
    """Whether nothing is missing of the profiles that were asked for; all profiles where none was."""
    found = {
        name: needs(_profile(settings, name), settings, hashed=hashed) for name in profiles or profile_names(settings)
    }
    if as_json:
        print(
            json.dumps(
                {"profiles": [{"profile": name, "models": [_row(n) for n in all_]} for name, all_ in found.items()]}
            )
        )
    else:
        print("\n\n".join(_table(name, all_) for name, all_ in found.items()), flush=True)
    return not profiles or not any(any(missing(all_)) for all_ in found.values())


def _row(need: Need) -> dict[str, Any]:
    files = [{"path": str(file.path), "size": file.size, "sha256": file.sha256} for file in need.files]
    row: dict[str, Any] = {"stage": need.stage, "model": need.model, "missing": need.missing, "files": files}
    return row | ({"hint": need.hint} if need.hint else {})


def _table(profile: str, found: list[Need]) -> str:
    return "\n".join([profile, *(line for need in found for line in _lines(need))])


def _lines(need: Need) -> list[str]:
    state = megabytes(need.size) if need.files else f"MISSING ({need.hint})"
    lines = [f"  {need.stage:<13}{need.model}  {state}"]
    for file in need.files:
        lines.append(f"  {'':<13}  {file.path}")
        lines.append(f"  {'':<13}  SHA-256 {file.sha256 or 'not computed: --hash'}")
    return lines


@dataclass(frozen=True)
class PullRequest:
    """models: names, beside those of the profiles; neither given: what MODEL_CONFIG names."""

    models: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    force: bool = False
    as_json: bool = False


def pull_models(request: PullRequest, settings: Settings) -> bool:
    """Whether every model is there now; one that cannot be had does not stop the others."""
    outcomes = [_pull_one(model, request, settings) for model in _wanted(request, settings)]
    return all(outcomes)


def _wanted(request: PullRequest, settings: Settings) -> list[str]:
    names = request.profiles or (() if request.models else (settings.profile,))
    profiles = [_profile(settings, name) for name in names]
    for profile in profiles:
        if profile.embedded:
            say(f"The models of profile {profile.name} come with pip packages; there is nothing to pull.")
    named = (model for profile in profiles if not profile.embedded for model in profile.models.values())
    return list(dict.fromkeys([*request.models, *named]))


def _pull_one(model: str, request: PullRequest, settings: Settings) -> bool:
    try:
        pulled = pull(model, settings, force=request.force)
    except DiarizationError as error:
        say(f"error: {error.message}")
        if request.as_json:
            print(json.dumps({"model": model, "error": error.to_dict()}), flush=True)
        return False
    _report(pulled, request.as_json)
    return True


def _report(pulled: Pulled, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"model": pulled.model, "path": str(pulled.path), "pulled": pulled.new}), flush=True)
    else:
        say(f"{pulled.model} {'->' if pulled.new else 'is there already:'} {pulled.path}")


def bundle_models(folder: Path, settings: Settings, *, as_json: bool) -> bool:
    """Always True: a bundle is complete, or a DiarizationError is raised and there is none."""
    files = bundles.bundle(folder, settings)
    if as_json:
        print(json.dumps({"folder": str(folder), "files": [str(path.relative_to(folder)) for path in files]}))
    else:
        say(f"{folder}: {len(files)} files, {megabytes(sum(path.stat().st_size for path in files))}; see README.txt")
    return True


def verify(folder: Path | None, settings: Settings, *, as_json: bool) -> bool:
    """Whether every file is as SHA256SUMS says; without ``folder``, in the place where checkpoints are looked for."""
    folder = folder or _own_folder(settings)
    found = list(differences(folder))
    if as_json:
        rows = [{"kind": difference.kind, "file": difference.name} for difference in found]
        print(json.dumps({"folder": str(folder), "ok": not found, "differences": rows}))
    else:
        _print_differences(folder, found)
    return not found


def _print_differences(folder: Path, found: list[Difference]) -> None:
    for difference in found:
        print(f"{difference.kind:<8}{difference.name}")
    print(f"{folder}: {f'{len(found)} differences' if found else 'all files are as they were written'}", flush=True)


def _own_folder(settings: Settings) -> Path:
    """The store that ``pull`` fills, or the bundle that MODEL_CACHE_DIR names."""
    whole = settings.model_cache_dir
    return whole if (whole / FILE).exists() else store(settings)


def _profile(settings: Settings, name: str) -> Profile:
    return load_profile(find_profile(settings, PRODUCTION if name == "auto" else name))
