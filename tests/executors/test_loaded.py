from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from errors import ModelError
from executors.loaded import LoadedProfiles
from nemo_processor import load_processor
from pipeline.readiness import Loading, OnLoading
from pipeline.types import Audio, Conversation, Options, Recording
from settings import Settings
from tests.fakes import FakeProcessor, fake_settings

OTHERS = "sortformer,nemotron,diar_infer_meeting"  # their files are there, which is all that is looked at here


class Loader:
    """Loads fakes, notes which, and fails for those in ``missing`` (before a model is read) or ``damaged`` (while)."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.missing: set[str] = set()
        self.damaged: set[str] = set()

    def __call__(self, settings: Settings, on_loading: OnLoading) -> FakeProcessor:
        name = "offline" if settings.profile == "auto" else Path(settings.profile).stem
        self.loads.append(settings.profile)
        loading = Loading(name, ("vad", "asr"), on_loading)
        if name in self.missing:
            raise ModelError(f"{name} is missing.")
        with loading("vad"):
            if name in self.damaged:
                raise ModelError(f"{name} is damaged.")
        with loading("asr"):
            return FakeProcessor(name, name)


Told = list[dict[str, Any]]
Start = Callable[..., LoadedProfiles]


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def start(loader: Loader, told: Told, tmp_path: Path) -> Start:
    """start(**settings): over the loader, with offline as MODEL_CONFIG and OTHERS as PROFILES."""

    def start(**overrides: Any) -> LoadedProfiles:
        settings = fake_settings(tmp_path, **{"profile": "offline", "profiles": OTHERS} | overrides)
        return LoadedProfiles(loader, settings, told.append)

    return start


def done(profiles: LoadedProfiles, audio: Audio, options: Options) -> Conversation:
    (outcome,) = profiles.process_all([Recording([audio], options)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def models_of(profiles: LoadedProfiles, name: str | None) -> dict[str, str]:
    return done(profiles, Audio(np.zeros(1600, np.float32)), Options(profile=name)).models


def test_the_profile_that_a_job_names_does_its_work(start: Start, loader: Loader, told: Told) -> None:
    profiles = start()
    assert models_of(profiles, None) == {"words": "offline"}
    assert models_of(profiles, "sortformer") == {"words": "sortformer"}
    assert models_of(profiles, "sortformer") == {"words": "sortformer"}
    assert models_of(profiles, None) == {"words": "offline"}
    assert loader.loads == ["offline", "sortformer", "offline"]
    assert (profiles.profile, profiles.models) == ("offline", {"words": "offline"})
    assert all(message["kind"] == "loading" and message["profile"] == "offline" for message in told)


def test_recordings_of_several_profiles_each_get_their_own(start: Start, loader: Loader) -> None:
    profiles = start()
    loader.damaged = {"nemotron"}
    names = ["sortformer", "sortformer", None, "offline", "nemotron", None]
    silence = Audio(np.zeros(1600, np.float32))
    outcomes = profiles.process_all([Recording([silence], Options(profile=name)) for name in names])
    models = ["failed" if isinstance(one, ModelError) else getattr(one, "models", {})["words"] for one in outcomes]
    assert models == ["sortformer", "sortformer", "offline", "offline", "failed", "offline"]
    assert loader.loads == ["offline", "sortformer", "offline", "nemotron", "offline"]
    company = ["together" in " ".join(getattr(one, "warnings", ())) for one in outcomes]
    assert company == [True, True, True, True, False, False]


@pytest.mark.parametrize("setting", ["offline", "auto", "/srv/conf/offline.yaml"])
def test_the_profile_of_model_config_by_any_of_its_names_is_loaded_once(
    setting: str, start: Start, loader: Loader
) -> None:
    profiles = start(profile=setting)
    for name in (None, "offline", "auto" if setting == "auto" else "offline"):
        assert models_of(profiles, name) == {"words": "offline"}
    assert loader.loads == [setting]


@pytest.mark.parametrize(("setting", "again"), [("auto", "offline"), ("/srv/offline.yaml", "/srv/offline.yaml")])
def test_when_it_is_loaded_again_it_is_the_same_one(setting: str, again: str, start: Start, loader: Loader) -> None:
    """Whatever "auto" would choose by then; and a path is known to the settings alone."""
    profiles = start(profile=setting)
    models_of(profiles, "sortformer")
    models_of(profiles, "offline")
    assert loader.loads == [setting, "sortformer", again]


def test_the_least_recently_used_goes_first(start: Start, loader: Loader, told: Told) -> None:
    profiles = start(max_loaded_profiles=2)
    for name in ("sortformer", "offline", "nemotron"):
        models_of(profiles, name)
    assert told[-1]["loaded"] == ["nemotron", "offline"]
    models_of(profiles, "offline")
    assert loader.loads == ["offline", "sortformer", "nemotron"]
    assert max(len(message["loaded"]) for message in told) == 2


def test_what_is_said_of_readiness_is_about_the_profile_of_model_config(start: Start, told: Told) -> None:
    profiles = start()
    ready, waiting = {"vad": "ready", "asr": "ready"}, {"vad": "waiting", "asr": "waiting"}
    assert (told[-1]["readiness"], told[-1]["loaded"]) == (ready, ["offline"])
    told.clear()
    models_of(profiles, "sortformer")
    assert told[0]["loaded"] == ["offline"], "something is said before anything is done"
    assert (told[-1]["readiness"], told[-1]["loaded"]) == (waiting, ["sortformer"])
    models_of(profiles, None)
    assert {"vad": "ready", "asr": "loading"} in [message["readiness"] for message in told]
    assert (told[-1]["readiness"], told[-1]["loaded"]) == (ready, ["offline"])


def test_a_profile_that_is_not_there_costs_nobody_their_place(start: Start, loader: Loader, told: Told) -> None:
    profiles = start()
    loader.missing = {"sortformer"}
    with pytest.raises(ModelError, match="sortformer is missing"):
        models_of(profiles, "sortformer")
    assert models_of(profiles, None) == {"words": "offline"}
    assert loader.loads == ["offline", "sortformer"]
    assert profiles.usable
    assert gc.get_freeze_count(), "what stays in memory is not looked through for garbage"


def test_after_a_load_that_fails_half_way_the_others_are_loaded_again(start: Start, loader: Loader) -> None:
    profiles = start()
    loader.damaged = {"sortformer"}
    with pytest.raises(ModelError, match="sortformer is damaged"):
        models_of(profiles, "sortformer")
    assert profiles.usable
    assert models_of(profiles, None) == {"words": "offline"}
    assert loader.loads == ["offline", "sortformer", "offline"]


def test_without_the_profile_of_model_config_it_is_of_no_use(start: Start, loader: Loader) -> None:
    profiles = start()
    models_of(profiles, "sortformer")
    loader.missing = {"offline"}
    with pytest.raises(ModelError, match="offline is missing"):
        models_of(profiles, None)
    assert not profiles.usable


@pytest.mark.parametrize(("content", "said"), [(None, "There is no profile ours"), ("vad: 1", "no section diarizer")])
def test_a_profile_on_offer_that_cannot_be_used_is_refused_at_the_start(
    content: str | None, said: str, start: Start, loader: Loader, tmp_path: Path
) -> None:
    if content:
        (tmp_path / "ours.yaml").write_text(content)
    with pytest.raises(ModelError, match=said) as refused:
        start(model_config_dir=tmp_path, profiles="ours")
    assert str(tmp_path) not in refused.value.message
    assert loader.loads == []


NVIDIAS = {"EncDecFrameClassificationModel", "EncDecSpeakerLabelModel"}
NETWORKS = {
    "tdt": {
        *NVIDIAS,
        "SortformerEncLabelModel",
        "Nemotron3DiarizationForAudioFrameClassification",
        "EncDecRNNTBPEModel",
    },
    "ctc": {*NVIDIAS, "EncDecCTCModelBPE"},
    "offline": {"EncDecFrameClassificationModel", "PyanNet", "CAMPPlus", "WhisperModel"},
}


def networks_of(processor: Any) -> list[weakref.ref]:
    """Every network that the processor holds, and whoever owns one."""
    seen, left, found = {id(processor)}, [processor], []
    while left:
        thing = left.pop()
        if isinstance(thing, torch.nn.Module) or type(thing).__name__ == "WhisperModel":
            found.append(weakref.ref(thing))
        elif type(thing).__module__.startswith(("pipeline.", "nemo_processor")) or isinstance(thing, dict | list):
            inner = thing if isinstance(thing, list) else list(getattr(thing, "__dict__", thing).values())
            left += [other for other in inner if id(other) not in seen]
            seen |= {id(other) for other in inner}
    return found


def test_what_is_unloaded_is_let_go(
    settings: Settings, frame_marblenet: Path, titanet: Path, asr_checkpoints: dict[str, Path],
    sortformer_files: dict[str, Path], nemotron_folder: Path, sample: Audio, tmp_path: Path,
) -> None:  # fmt: skip
    """Models of every kind, after they have worked: nothing but the processor may hold them."""
    end_to_end = f"  sortformer:\n    model_path: {sortformer_files['streaming']}\n"
    end_to_end += f"  nemotron:\n    model_path: {nemotron_folder}\n"
    for name, more in (("tdt", end_to_end), ("ctc", "")):
        (tmp_path / f"{name}.yaml").write_text(
            f"device: cpu\ndiarizer:\n  vad:\n    model_path: {frame_marblenet}\n  speaker_embeddings:\n"
            f"    model_path: {titanet}\n  asr:\n    model_path: {asr_checkpoints[name]}\n{more}"
        )
    (tmp_path / "offline.yaml").write_text((Path(settings.model_config_dir) / "offline.yaml").read_text())
    own = settings.model_copy(update={"model_config_dir": tmp_path, "profile": "tdt", "profiles": "ctc,offline"})
    profiles = LoadedProfiles(load_processor, own, lambda message: None)
    clip = Audio(sample.cut(10, 20).copy())
    for name in ("tdt", "ctc", "offline", "tdt"):
        for options in (Options(profile=name, keyterms=("launch",)), Options(profile=name, diarizer="clustering")):
            assert done(profiles, clip, options).duration == 10
        held = networks_of(profiles.choose(name))
        assert {type(network()).__name__ for network in held} >= NETWORKS[name]
        profiles.choose("ctc" if name != "ctc" else "offline")
        gc.collect()
        assert [type(network()) for network in held if network() is not None] == []
