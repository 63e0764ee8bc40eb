from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from errors import ModelError
from pipeline import checkpoints, offline_models
from pipeline.asr import WhisperRecogniser
from pipeline.diarizer import Diarizer
from pipeline.loading import Models, choose_profile, load_models
from pipeline.profile import EMBEDDED, PRODUCTION, find_profile, load_profile
from pipeline.readiness import Loading
from pipeline.vad import SpeechDetector
from settings import Settings, load_settings


def test_every_stage_is_loaded_and_the_detector_is_shared(models: Models) -> None:
    assert isinstance(models.detector, SpeechDetector)
    assert isinstance(models.diarizer, Diarizer)
    assert isinstance(models.recogniser, WhisperRecogniser)
    assert models.diarizer._detector is models.detector


def test_the_profiles_of_this_version_can_be_loaded(settings: Settings) -> None:
    assert choose_profile(settings).models == EMBEDDED


@pytest.mark.parametrize("stage", EMBEDDED)
def test_a_model_that_is_not_known_is_refused_with_its_stage(stage: str, settings: Settings) -> None:
    profile = choose_profile(settings)
    profile = replace(profile, models={**profile.models, stage: "titanet-xxl"})
    with pytest.raises(ModelError, match=f"titanet-xxl is unknown for {stage}; known: {EMBEDDED[stage]}"):
        load_models(profile, settings)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "tpu"])
def test_a_device_that_is_not_there_is_refused(
    device: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=f"device {device}"):
        load_models(replace(choose_profile(settings), device=device), settings)


@pytest.mark.parametrize(
    ("count", "there"), [(1, "is 1 CUDA device: cuda:0"), (4, "are 4 CUDA devices: cuda:0 to cuda:3")]
)
def test_a_device_beyond_those_that_are_there_is_refused_with_their_number(
    count: int, there: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(ModelError) as refused:
        load_models(replace(choose_profile(settings), device="cuda:7"), settings)
    assert refused.value.message == f"The profile asks for device cuda:7, but there {there}."


@pytest.mark.parametrize(("cuda", "on_disk", "name"), [
    (False, False, "offline"), (False, True, PRODUCTION), (True, False, PRODUCTION), (True, True, PRODUCTION)
])  # fmt: skip
def test_auto_takes_nvidias_models_where_they_can_run(
    cuda: bool, on_disk: bool, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(profile="auto", model_cache_dir=tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    if on_disk:
        for path in load_profile(find_profile(settings, PRODUCTION)).models.values():
            file = checkpoints.store(settings) / f"{checkpoints.stored_name(path)}.nemo"
            file.parent.mkdir(exist_ok=True)
            file.touch()
    assert choose_profile(settings).name == name


def test_auto_needs_all_of_the_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(checkpoints, "try_to_load_from_cache", lambda repo, name: None)
    settings = load_settings(profile="auto", model_cache_dir=tmp_path)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "titanet_large.nemo").touch()
    assert choose_profile(settings).name == "offline"


def test_missing_checkpoints_are_named_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "try_to_load_from_cache", lambda repo, name: None)
    settings = load_settings(profile="sortformer", model_cache_dir=tmp_path)
    profile, told = choose_profile(settings), []
    with pytest.raises(ModelError, match=r"embeddings model titanet_large.*models pull .*titanet_large"):
        load_models(profile, settings, Loading(profile.name, profile.models, lambda *state: told.append(state)))
    assert told[-1] == ("sortformer", dict.fromkeys(("vad", "embeddings", "sortformer", "asr"), "failed"))
    assert not any("loading" in states.values() for _, states in told)


def test_every_stage_is_told_of_in_its_turn(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    profile, told = choose_profile(settings), []

    def damaged() -> None:
        raise ModelError("The model file campplus_cn_en_common.pt is damaged.")

    monkeypatch.setattr(offline_models, "load_campplus", damaged)
    with pytest.raises(ModelError, match="is damaged"):
        load_models(profile, settings, Loading(profile.name, profile.models, lambda _, states: told.append(states)))
    assert list(told[0].values()) == ["waiting"] * 4
    assert told[-1] == {"vad": "ready", "segmentation": "ready", "embeddings": "failed", "asr": "waiting"}
