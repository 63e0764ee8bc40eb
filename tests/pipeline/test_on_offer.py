"""Profiles that requests may name: what is wrong with one is said at the start, not at the first request for it."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from errors import ModelError
from pipeline.checkpoints import store
from pipeline.nemo_checkpoints import restore
from pipeline.on_offer import check_profiles
from settings import Settings

Offer = Callable[..., Settings]


@pytest.fixture
def offer(settings: Settings, tmp_path: Path) -> Offer:
    """offer(device, vad=MODEL, ...): settings with a profile "theirs" in PROFILES, of these models."""

    def make(device: str = "cpu", **models: str | Path) -> Settings:
        models = {"vad": "no_vad", "speaker_embeddings": "no_voices", "asr": "no_words"} | models
        lines = [f"  {section}: {{model_path: {path}}}\n" for section, path in models.items()]
        (tmp_path / "theirs.yaml").write_text(f"device: {device}\ndiarizer:\n{''.join(lines)}")
        own = {"model_config_dir": tmp_path, "model_cache_dir": tmp_path / "cache", "profiles": "theirs"}
        return settings.model_copy(update=own)

    return make


def refusal(settings: Settings) -> str:
    with pytest.raises(ModelError) as refused:
        check_profiles(settings)
    message = refused.value.message
    assert "\n" not in message
    assert str(settings.model_config_dir) not in message
    return message


def test_models_that_are_not_on_this_machine_are_no_reason_to_refuse(offer: Offer, tmp_path: Path) -> None:
    check_profiles(offer())
    check_profiles(offer(asr=tmp_path / "gone.nemo"))


def test_models_that_can_be_used_are_none_either(
    offer: Offer, frame_marblenet: Path, titanet: Path, asr_checkpoints: dict[str, Path],
    sortformer_files: dict[str, Path], nemotron_folder: Path,
) -> None:  # fmt: skip
    models = {"vad": frame_marblenet, "speaker_embeddings": titanet, "asr": asr_checkpoints["tdt"]}
    check_profiles(offer(**models, sortformer=sortformer_files["streaming"], nemotron=nemotron_folder))


def test_a_profile_without_a_model_for_speech_is_refused(offer: Offer, tmp_path: Path) -> None:
    settings = offer()
    (tmp_path / "theirs.yaml").write_text("diarizer: {speaker_embeddings: {model_path: titanet_large}}")
    assert refusal(settings) == "Profile theirs: no model_path for vad."


def test_an_embedded_profile_with_another_model_is_refused(offer: Offer) -> None:
    message = refusal(offer(vad="marblenet-v2", segmentation="segmentation-3.0", speaker_embeddings="wespeaker"))
    assert message == "Profile theirs: model_path wespeaker is unknown for embeddings; known: campplus."


@pytest.mark.parametrize("device", ["cuda:7", "tpu"])
def test_a_device_that_is_not_there_is_refused(device: str, offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert refusal(offer(device)).startswith(f"Profile theirs: The profile asks for device {device}")


@pytest.mark.parametrize("stage", ["vad", "speaker_embeddings", "asr", "sortformer"])
def test_a_model_of_another_class_is_refused(stage: str, offer: Offer, frame_marblenet: Path, titanet: Path) -> None:
    wrong = titanet if stage == "vad" else frame_marblenet
    assert f"model {wrong.name} is of class" in refusal(offer(**{stage: wrong}))


def test_a_model_with_other_labels_is_refused(offer: Offer, frame_marblenet: Path, tmp_path: Path) -> None:
    usual = restore(frame_marblenet, ("EncDecFrameClassificationModel",), "vad")
    usual.cfg.labels = ["speech", "background"]
    usual.save_to(str(tmp_path / "reversed.nemo"))
    said = refusal(offer(vad=tmp_path / "reversed.nemo"))
    assert said.startswith("Profile theirs: The vad model reversed.nemo has the labels speech, background, not")


def test_a_telephone_model_is_refused(offer: Offer, titanet: Path, tmp_path: Path) -> None:
    usual = restore(titanet, ("EncDecSpeakerLabelModel",), "embeddings")
    usual.cfg.preprocessor.sample_rate = 8000
    usual.save_to(str(tmp_path / "telephone.nemo"))
    assert "hears sound at 8000 Hz" in refusal(offer(speaker_embeddings=tmp_path / "telephone.nemo"))


def test_a_download_that_broke_off_is_refused_with_the_command(offer: Offer, titanet: Path) -> None:
    settings = offer(speaker_embeddings="titanet_large")
    store(settings).mkdir(parents=True)
    (store(settings) / "titanet_large.nemo").write_bytes(titanet.read_bytes()[: os.path.getsize(titanet) // 2])
    assert refusal(settings) == (
        "Profile theirs: The embeddings model titanet_large.nemo is no .nemo file, or a damaged one; "
        "fetch it again with: python cli.py models pull --force titanet_large"
    )


def test_a_model_without_its_weights_is_refused(offer: Offer, titanet: Path, tmp_path: Path) -> None:
    with tarfile.open(titanet) as whole, tarfile.open(tmp_path / "bare.nemo", "w") as bare:
        for member in whole:
            if not member.name.endswith(".ckpt"):
                bare.addfile(member, whole.extractfile(member))
    said = refusal(offer(speaker_embeddings=tmp_path / "bare.nemo"))
    assert said.startswith("Profile theirs: The embeddings model bare.nemo is no .nemo file, or a damaged one;")


def test_weights_of_another_kind_of_model_are_refused(offer: Offer, tmp_path: Path) -> None:
    (tmp_path / "nemotron").mkdir()
    (tmp_path / "nemotron" / "config.json").write_text('{"model_type": "wav2vec2"}')
    assert "is of kind wav2vec2" in refusal(offer(nemotron=tmp_path / "nemotron"))
