"""The sides of the comparison, with tiny models: what they hear, and that they are given the same to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks import nemo_sides
from benchmarks.nemo_recognisers import KINDS
from benchmarks.nemo_sides import NemoDiarization, OurDiarization, Stages, load_side, read
from pipeline.lanes import Lanes


@pytest.fixture(autouse=True)
def no_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """NeMo's loaders would fork this process, in which other tests have started threads."""
    monkeypatch.setattr(nemo_sides, "NUM_WORKERS", 0)


@pytest.fixture(autouse=True)
def threads_as_before() -> object:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def spoken(turns: list[tuple[str, float, float]]) -> float:
    return sum(end - start for _, start, end in turns)


def test_all_diarizers_hear_speech_from_end_to_end(random_models: Path, clip: Path) -> None:
    theirs = NemoDiarization(random_models, 1).transcribe(clip)
    assert set(theirs.stages) == {"speech", "voices", "clustering"}
    for precision in ("exact", "fast"):
        ours = OurDiarization(random_models, precision, "cpu", Lanes()).transcribe(clip)
        assert set(ours.stages) == set(theirs.stages)
        assert spoken(ours.turns) == pytest.approx(spoken(theirs.turns), abs=0.1)
    assert spoken(theirs.turns) > 5.9


def test_exact_finds_nemos_turns(random_models: Path, clip: Path) -> None:
    theirs = NemoDiarization(random_models, 1).transcribe(clip)
    ours = OurDiarization(random_models, "exact", "cpu", Lanes()).transcribe(clip)
    assert [turn[1:] for turn in ours.turns] == [pytest.approx(turn[1:], abs=2e-3) for turn in theirs.turns]


def test_a_second_recording_is_heard_like_the_first(random_models: Path, clip: Path) -> None:
    side = NemoDiarization(random_models, 1)
    assert side.transcribe(clip).turns == side.transcribe(clip).turns


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", ["recogniser", "recogniser_exact", "transcribe"])
def test_recognisers_are_timed(side: str, kind: str, random_models: Path, clip: Path) -> None:
    heard = load_side(side, random_models, kind, 1).transcribe(clip)
    assert set(heard.stages) == {"words"}
    assert heard.stages["words"] > 0
    assert heard.segments == []


def test_the_service_does_all_of_it(random_models: Path, clip: Path) -> None:
    heard = load_side("service", random_models, "ctc", 1).transcribe(clip)
    assert set(heard.stages) == {"speech", "voices", "words", "merge"}
    assert sum(end - start for _, start, end in heard.turns) > 5.9


@pytest.mark.parametrize("side", ["fast", "exact", "nemo"])
def test_each_side_is_loaded_by_its_name(side: str, random_models: Path) -> None:
    loaded = load_side(side, random_models, "ctc", 1)
    assert isinstance(loaded, NemoDiarization if side == "nemo" else OurDiarization)
    assert set(loaded.models) == {"speech", "voices", "clustering"}


def test_a_stage_entered_again_adds_to_its_own() -> None:
    stages = Stages()
    assert stages.timed("voices", max)(3, 4) == 4
    before = stages.seconds["voices"]
    with stages("voices"):
        pass
    assert stages.seconds["voices"] > before


def test_the_sound_is_what_the_file_holds(clip: Path) -> None:
    assert read(clip).duration == 6.0
