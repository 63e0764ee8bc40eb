"""This project as a contender: the very pipeline that serves requests."""

from __future__ import annotations

from pathlib import Path

import pytest

import nemo_processor
from benchmarks.ours import Ours, without_lanes
from benchmarks.recordings import cut, prepare
from pipeline import loading
from settings import Settings
from tests.media import SAMPLE


def test_it_hears_the_sample(
    processor: nemo_processor.NeMoProcessor, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Settings] = []

    def load(settings: Settings) -> nemo_processor.NeMoProcessor:
        asked.append(settings)
        return processor

    monkeypatch.setattr(nemo_processor, "load_processor", load)
    monkeypatch.setenv("TEMP_AUDIO_DIR", str(tmp_path / "temp"))
    monkeypatch.setenv("MODEL_CONFIG", "diar_infer_meeting")
    clip = cut(prepare([SAMPLE], tmp_path / "wavs", settings)[0], 13.0, tmp_path / "clip.wav")
    ours = Ours(threads=1)
    heard = ours.transcribe(clip.wav)
    assert (asked[0].profile, asked[0].cpu_threads) == ("offline", 1)
    assert ours.models == processor.models
    assert set(heard.stages) == {"audio", *nemo_processor.STAGES}
    assert "three things to decide today" in " ".join(text for _, _, _, text in heard.segments)
    assert all(0 <= start < end <= 13.0 for _, start, end in heard.turns)
    assert not list((tmp_path / "temp").iterdir())


def test_without_lanes_every_network_has_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cpu_lanes", "keep_freed_memory"):
        monkeypatch.setattr(loading, name, getattr(loading, name))
    without_lanes()
    lanes = loading.cpu_lanes(3)
    assert (lanes.count, lanes.threads) == (1, 3)
    assert not loading.keep_freed_memory()
