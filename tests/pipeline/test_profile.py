from __future__ import annotations

import logging
from pathlib import Path

import pytest

from errors import ModelError
from pipeline.profile import Profile, load_profile
from settings import ROOT, load_settings

OFFLINE = (ROOT / "conf" / "offline.yaml").read_text()


def load(folder: Path, profile: str) -> Profile:
    return load_profile(load_settings(model_config_dir=folder, profile=profile))


@pytest.mark.parametrize("name", ["offline", "auto", str(ROOT / "conf" / "offline.yaml")])
def test_the_offline_profile_names_a_model_for_every_stage(name: str) -> None:
    profile = load(ROOT / "conf", name)
    assert profile.name == "offline"
    assert profile.device == "auto"
    assert profile.max_speakers == 50
    assert profile.models == {
        "vad": "marblenet-v2",
        "segmentation": "segmentation-3.0",
        "embeddings": "campplus",
        "asr": "whisper-base",
    }


def test_a_profile_of_ones_own_is_found_by_its_name(tmp_path: Path) -> None:
    changed = OFFLINE.replace("name: offline", "name: ours").replace("device: auto", "device: cpu")
    (tmp_path / "ours.yaml").write_text(changed)
    assert (load(tmp_path, "ours").name, load(tmp_path, "ours").device) == ("ours", "cpu")


@pytest.mark.parametrize("name", ["nowhere", "../offline", "nowhere.yaml", ""])
def test_an_unknown_profile_says_which_there_are(name: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OFFLINE)
    (tmp_path / "theirs.yaml").write_text(OFFLINE)
    with pytest.raises(ModelError, match=r"MODEL_CONFIG=.*ours, theirs"):
        load(tmp_path, name)
    with pytest.raises(ModelError, match="none"):
        load(tmp_path / "empty", name)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "just a sentence",
        "- a\n- list",
        "name: [unclosed",
        "name: x\ndevice: cpu\ndiarizer:",
        OFFLINE.replace("  asr:\n    model_path", "  words:\n    model_path"),
        OFFLINE.replace("max_num_speakers: 50", "max_num_speakers: many"),
        OFFLINE.replace("max_num_speakers: 50", "max_num_speakers: ${nowhere}"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named_without_its_folder(content: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(content)
    with pytest.raises(ModelError, match=r"ours\.yaml \(MODEL_CONFIG\) cannot be used: .+") as caught:
        load(tmp_path, "ours")
    assert str(tmp_path) not in caught.value.message
    assert "\n" not in caught.value.message


def test_bytes_that_are_no_text_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ModelError, match=r"ours\.yaml"):
        load(tmp_path, "ours")


def test_keys_without_effect_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "ours.yaml").write_text(OFFLINE + "  msdd_model:\n    model_path: old\nverbose: true\n")
    caplog.set_level(logging.WARNING, logger="pipeline")
    load(tmp_path, "ours")
    assert "diarizer.msdd_model.model_path, verbose" in caplog.text
    caplog.clear()
    load(ROOT / "conf", "offline")
    assert "without effect" not in caplog.text
