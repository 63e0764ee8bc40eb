"""Recordings of a few seconds, runs with known figures, and contenders without models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.nemo_recognisers import KINDS
from benchmarks.random_models import VOICES, save_models
from benchmarks.recordings import Recording
from benchmarks.rounds import Contender, Run, Work
from evaluation.annotations import Annotation
from pipeline.types import SAMPLE_RATE, Audio, Segment, Turn

SAID = "we meet here every week"


def heard(*words: str, speaker: str = "S1") -> Annotation:
    text = " ".join(words) or SAID
    return Annotation((Turn(speaker, 0.0, 10.0),), (Segment(speaker, 0.0, 10.0, text),))


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Recording]:
    """record("talk", seconds=2.0, level=1000): a WAV in which every sample has that level."""

    def make(name: str, seconds: float = 1.0, level: int = 1000, reference: Annotation | None = None) -> Recording:
        wav = tmp_path / f"{name}.wav"
        soundfile.write(wav, np.full(round(seconds * SAMPLE_RATE), level, np.int16), SAMPLE_RATE)
        return Recording(wav, seconds, reference)

    return make


@pytest.fixture
def contender(tmp_path: Path) -> Callable[[str], Contender]:
    """contender("a"): writes each file it is given into ``tmp_path/diary``."""

    def make(name: str) -> Contender:
        module = "tests.benchmarks.fake_contender"
        return Contender(name, (sys.executable, "-m", module, "--diary", str(tmp_path / "diary"), "--name", name))

    return make


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """run_of("a", 2.0, 3.0): a run over files of 10 s that took 2 s and 3 s, or of ``duration`` s."""

    def make(name: str, *walls: float, duration: float = 10.0, peak: int = 0, said: Annotation | None = None) -> Run:
        works = tuple(
            Work(f"file{index}", duration, wall, 2 * wall, {"words": wall / 2}, said or heard())
            for index, wall in enumerate(walls)
        )
        return Run(name, 5.0, 1.0, peak or None, {"words": f"{name}'s model"}, {"torch": "2"}, works)

    return make


@pytest.fixture(scope="session")
def random_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny models of every kind, with random weights."""
    folder = tmp_path_factory.mktemp("random_models")
    save_models(folder, "tiny", (VOICES, *KINDS))
    return folder


@pytest.fixture(scope="session")
def clip(sample: Audio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's first 6 s as a WAV."""
    wav = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(wav, sample.samples[: 6 * SAMPLE_RATE], SAMPLE_RATE)
    return wav
