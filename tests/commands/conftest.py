"""The command line in this process, over a processor that answers at once instead of models."""

from __future__ import annotations

import csv
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from cli import app
from commands import download
from errors import WorkerFailed
from executors.base import Outcome
from pipeline.types import Audio, Conversation, OnProgress, Options, Recording, Segment, Turn, Word
from settings import Settings, load_settings
from tests.file_server import FileServer

SECRET = "a path, perhaps: only the log may say it"
FAULTS = {"broken": WorkerFailed("It broke."), "odd": OSError(SECRET), "interrupted": KeyboardInterrupt()}


def summary(out: Path) -> dict[str, str]:
    """{name: state}"""
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as opened:
        return {row["name"]: row["state"] for row in csv.DictReader(opened)}


class FakeProcessor:
    """Hears one sentence over the whole recording; a recording named in FAULTS raises that."""

    def __init__(self) -> None:
        self.models = {"words": "fake"}
        self.profile, self.together = "fakes", 1
        self.loads: list[str] = []  # the profile of each load
        self.asked: list[tuple[str, int, Options]] = []

    def process_all(self, recordings: Sequence[Recording]) -> list[Outcome]:
        return [self._outcome(one) for one in recordings]

    def _outcome(self, recording: Recording) -> Outcome:
        try:
            return self.process(recording.channels, recording.options, recording.on_progress)
        except Exception as error:
            return error

    def process(
        self, channels: Sequence[Audio], options: Options, on_progress: OnProgress | None = None
    ) -> Conversation:
        name, duration = channels[0].name, channels[0].duration
        self.asked.append((name, len(channels), options))
        print("chatter of a library")
        if name in FAULTS:
            raise FAULTS[name]
        words = (Word("Hello", 0.0, 0.2, 0.9, "SPEAKER_00"), Word("there.", 0.2, duration, 0.8, "SPEAKER_00"))
        return Conversation(
            segments=(Segment("SPEAKER_00", 0.0, duration, "Hello there.", words),),
            turns=(Turn("SPEAKER_00", 0.0, duration),),
            speakers=("SPEAKER_00",),
            duration=duration,
            language="en",
            models=self.models,
            warnings=("Quiet.",) if name == "quiet" else (),
        )


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeProcessor]:
    """What the command line loads as its models; its temporary files and logs go to ``tmp_path``."""
    fake = FakeProcessor()

    def load(settings: Settings) -> FakeProcessor:
        fake.loads.append(settings.profile)
        return fake

    monkeypatch.setitem(sys.modules, "nemo_processor", SimpleNamespace(load_processor=load))
    monkeypatch.setenv("TEMP_AUDIO_DIR", str(tmp_path / "temp"))
    monkeypatch.setenv("LOG_DIR", str(tmp_path / "logs"))
    handlers, level = logging.root.handlers[:], logging.root.level
    yield fake
    logging.captureWarnings(False)
    logging.root.handlers[:], logging.root.level = handlers, level


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """recording("talk.wav", channels=1): one second of quiet noise."""

    def make(name: str, channels: int = 1) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(0).normal(0, 0.05, (16_000, channels))
        soundfile.write(path, noise, 16_000)
        return path

    return make


@pytest.fixture
def unlike(recording: Callable[..., Path]) -> Callable[..., Path]:
    """unlike("a.wav"): a recording with a content of its own."""

    def make(name: str) -> Path:
        path = recording(name)
        path.write_bytes(path.read_bytes() + name.encode())  # after the sound
        return path

    return make


@pytest.fixture
def cli() -> Callable[..., Result]:
    """cli("transcribe", path, ...): its result, with exit_code, stdout and stderr."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server that is Hugging Face to this process; nothing else is asked, and nobody waits before trying again."""
    files = FileServer()
    files.start()
    monkeypatch.setenv("HF_ENDPOINT", files.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "WAIT", 0.0)
    yield files
    files.stop()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with an empty store, also for the command line; what lies in this machine's cache does not count."""
    monkeypatch.setattr("pipeline.checkpoints.try_to_load_from_cache", lambda repo, name: None)
    monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
    return load_settings(model_cache_dir=tmp_path / "cache")
