from __future__ import annotations

from pathlib import Path

import pytest

from commands.bundle import bundle
from commands.sums import differences, write_sums
from errors import InputError, InvalidOption, ModelError
from pipeline.checkpoints import require_all, store, stored_name
from pipeline.profile import find_profile, load_profile
from settings import Settings


def profile_in(own: Settings, name: str) -> Settings:
    return own.model_copy(update={"profile": name})


@pytest.fixture
def filled(own: Settings) -> Settings:
    """Settings of a machine that has all that the profile nemotron needs."""
    settings = profile_in(own, "nemotron")
    store(own).mkdir(parents=True)
    for model in load_profile(find_profile(own, "nemotron")).models.values():
        (store(own) / f"{stored_name(model)}.nemo").write_bytes(model.encode())
    (store(own) / "nvidia--Nemotron-3-Diarization.nemo").unlink()
    folder = store(own) / "nvidia--Nemotron-3-Diarization"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return settings


def test_a_bundle_serves_on_a_machine_that_has_nothing_else(filled: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "to" / "carry"
    written = bundle(folder, filled)
    assert sorted(str(path.relative_to(folder)) for path in written) == [
        "README.txt",
        "SHA256SUMS",
        "checkpoints/nvidia--Nemotron-3-Diarization/config.json",
        "checkpoints/nvidia--Nemotron-3-Diarization/model.safetensors",
        "checkpoints/nvidia--frame_vad_multilingual_marblenet_v2.0.nemo",
        "checkpoints/nvidia--parakeet-tdt-0.6b-v3.nemo",
        "checkpoints/titanet_large.nemo",
        "nemotron.yaml",
    ]
    assert list(differences(folder)) == []
    there = filled.model_copy(update={"model_cache_dir": folder, "profile": str(folder / "nemotron.yaml")})
    profile = load_profile(find_profile(there, there.profile))
    assert profile == load_profile(find_profile(filled, "nemotron"))
    assert all(path.is_relative_to(folder) for path in require_all(profile.models, there).values())
    readme = (folder / "README.txt").read_text()
    assert "MODEL_CACHE_DIR=/path/to/this/folder" in readme
    assert "nvidia/Nemotron-3-Diarization: OpenMDW-1.1" in readme
    assert str(tmp_path) not in readme
    assert list(folder.parent.iterdir()) == [folder], "nothing is left beside it"


def test_files_of_ones_own_get_a_name_that_means_something_elsewhere(own: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "vad-7.nemo").write_bytes(b"vad")
    (tmp_path / "mine" / "our words.nemo").write_bytes(b"asr")
    profile = tmp_path / "ours.yaml"
    profile.write_text(
        "# about us\ndiarizer:\n  vad:\n"
        f'    model_path: "{tmp_path}/mine/vad-7.nemo" # the seventh\n    parameters:\n      onset: 0.7\n'
        f"  asr:\n    model_path: {tmp_path}/mine/our words.nemo\n"
    )
    folder = tmp_path / "bundle"
    bundle(folder, profile_in(own, str(profile)))
    assert (folder / "checkpoints" / "vad-7.nemo").read_bytes() == b"vad"
    assert (folder / "ours.yaml").read_text().splitlines()[3] == "    model_path: vad-7 # the seventh"
    assert load_profile(folder / "ours.yaml").vad.onset == 0.7
    assert load_profile(folder / "ours.yaml").models == {"vad": "vad-7", "asr": "our words"}


def test_two_files_of_one_name_are_told_apart_by_nobody(own: Settings, tmp_path: Path) -> None:
    lines = ["diarizer:"]
    for stage in ("vad", "asr"):
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "model.nemo").write_text(stage)
        lines += [f"  {stage}:", f"    model_path: {tmp_path}/{stage}/model.nemo"]
    (tmp_path / "ours.yaml").write_text("\n".join(lines))
    with pytest.raises(ModelError, match="called model; rename one"):
        bundle(tmp_path / "bundle", profile_in(own, str(tmp_path / "ours.yaml")))
    assert not (tmp_path / "bundle").exists()


def test_a_damaged_checkpoint_is_not_packed(filled: Settings, tmp_path: Path) -> None:
    write_sums(store(filled), {"titanet_large.nemo": "0" * 64})
    with pytest.raises(
        ModelError, match=r"titanet_large\.nemo is damaged; fetch it again with: .* pull --force titanet_large"
    ):
        bundle(tmp_path / "bundle", filled)
    assert not (tmp_path / "bundle").exists()
    assert not list(tmp_path.glob(".bundle-*"))


def test_a_missing_checkpoint_is_named_with_the_command(filled: Settings, tmp_path: Path) -> None:
    (store(filled) / "titanet_large.nemo").unlink()
    with pytest.raises(ModelError, match=r"titanet_large: not on this machine .* pull titanet_large$"):
        bundle(tmp_path / "bundle", filled)


def test_a_folder_that_holds_something_is_left_alone(filled: Settings, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "notes.txt").touch()
    with pytest.raises(InvalidOption, match="bundle exists and is not empty"):
        bundle(tmp_path / "bundle", filled)
    with pytest.raises(InvalidOption):
        bundle(tmp_path / "bundle" / "notes.txt", filled)
    (tmp_path / "bundle" / "notes.txt").unlink()
    assert bundle(tmp_path / "bundle", filled)


def test_the_embedded_profile_needs_none(own: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="offline needs no bundle"):
        bundle(tmp_path / "bundle", profile_in(own, "offline"))
