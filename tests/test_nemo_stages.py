"""What a processor keeps of each stage, for another attempt and for another number of speakers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from errors import ArtefactsExpired
from nemo_processor import NeMoProcessor
from pipeline.loading import Models
from pipeline.types import (
    Audio,
    Conversation,
    OnProgress,
    Options,
    Recording,
    Segment,
)
from tests.mute import Mute, two_microphones


def test_a_second_attempt_goes_on_from_the_last_finished_stage(
    models: Models, sample: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the beginning of each stage in turn, it hears nothing twice, and the result is as if it never was."""
    audio, calls = Audio(sample.cut(15, 29).copy()), Counter[str]()
    for part, name in ((models.diarizer, "listen"), (models.diarizer, "embed"), (models.recogniser, "transcribe_all")):
        monkeypatch.setattr(part, name, counted(calls, name, getattr(part, name)))
    processor = NeMoProcessor(models.detector, models.diarizer, models.recogniser, {})
    whole = processor.process([audio], Options())
    calls.clear()
    for stage in ("voices", "words", "merge"):
        (outcome,) = processor.process_all([Recording([audio], Options(), killed_at(stage), shelf=tmp_path / "stages")])
        assert isinstance(outcome, Killed)
    told = list[Segment]()
    (again,) = processor.process_all([Recording([audio], Options(), None, told.extend, tmp_path / "stages")])
    assert isinstance(again, Conversation)
    assert replace(again, timings={}) == replace(whole, timings={})
    assert tuple(told) == whole.segments
    assert calls == {"listen": 1, "embed": 1, "transcribe_all": 1}


def test_channels_are_written_down_once(
    models: Models, sample: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    recogniser = models.recogniser
    monkeypatch.setattr(recogniser, "transcribe_all", counted(calls, "words", recogniser.transcribe_all))
    processor = NeMoProcessor(models.detector, models.diarizer, recogniser, {})
    asked = Recording(two_microphones(sample), Options(channels="per_channel"), shelf=tmp_path / "stages")
    first, second = (processor.process_all([asked])[0] for _ in range(2))
    assert isinstance(first, Conversation)
    assert isinstance(second, Conversation)
    assert replace(first, timings={}) == replace(second, timings={})
    assert calls == {"words": 2}


def test_another_number_of_speakers_is_found_without_hearing_again(
    models: Models, mute: Mute, sample: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    for name in ("listen", "embed"):
        monkeypatch.setattr(models.diarizer, name, counted(calls, name, getattr(models.diarizer, name)))
    processor = NeMoProcessor(models.detector, models.diarizer, mute, {}, version="1")
    recording = Recording([sample], Options(), shelf=tmp_path / "stages")
    (first,) = processor.process_all([recording])
    assert isinstance(first, Conversation)
    assert len(first.speakers) == 3
    for number in (2, 4, 3):
        fewer = processor.relabel(replace(recording, options=Options(num_speakers=number)))
        assert len(fewer.speakers) == number
        whole = processor.process([sample], Options(num_speakers=number))
        assert shared_seconds(fewer, whole) > 0.98 * sum(turn.end - turn.start for turn in whole.turns)
    assert processor.relabel(recording).turns == first.turns
    assert len(mute.asked) == 4  # by those that were processed, not by those that were relabelled
    other = NeMoProcessor(models.detector, models.diarizer, mute, {}, version="2")
    for changed in (replace(recording, shelf=tmp_path / "other"), replace(recording, shelf=None)):
        with pytest.raises(ArtefactsExpired):
            processor.relabel(changed)
    with pytest.raises(ArtefactsExpired):
        other.relabel(recording)


class Killed(Exception):
    pass


def killed_at(stage: str) -> OnProgress:
    def report(reached: str, fraction: float) -> None:
        if reached == stage:
            raise Killed

    return report


def counted(calls: Counter[str], name: str, function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        calls[name] += 1
        return function(*args, **kwargs)

    return call


def shared_seconds(first: Conversation, second: Conversation) -> float:
    """In which both have the same speaker; both name them by first appearance."""
    return sum(
        max(0.0, min(a.end, b.end) - max(a.start, b.start))
        for a in first.turns
        for b in second.turns
        if a.speaker == b.speaker
    )
