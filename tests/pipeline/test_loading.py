from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from errors import ModelError
from pipeline.asr import WhisperRecogniser
from pipeline.diarizer import Diarizer
from pipeline.loading import KNOWN, Models, load_models
from pipeline.profile import load_profile
from pipeline.vad import SpeechDetector
from settings import Settings


def test_every_stage_is_loaded_and_the_detector_is_shared(models: Models) -> None:
    assert isinstance(models.detector, SpeechDetector)
    assert isinstance(models.diarizer, Diarizer)
    assert isinstance(models.recogniser, WhisperRecogniser)
    assert models.diarizer._detector is models.detector


def test_the_profiles_of_this_version_can_be_loaded(settings: Settings) -> None:
    assert load_profile(settings).models == KNOWN


@pytest.mark.parametrize("stage", KNOWN)
def test_a_model_that_is_not_known_is_refused_with_its_stage(stage: str, settings: Settings) -> None:
    profile = replace(load_profile(settings), **{stage: "titanet-xxl"})
    with pytest.raises(ModelError, match=f"titanet-xxl is unknown for {stage}; known: {KNOWN[stage]}"):
        load_models(profile, settings)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "tpu"])
def test_a_device_that_is_not_there_is_refused(
    device: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=f"device {device}"):
        load_models(replace(load_profile(settings), device=device), settings)
