"""A processor that knows voices."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from errors import Unsupported
from nemo_processor import NeMoProcessor
from pipeline.known import KnownVoice, Voiceprint
from pipeline.loading import Models
from pipeline.types import (
    Audio,
    Conversation,
    Options,
    Recording,
    Segment,
)
from settings import ROOT
from tests.mute import Mute, two_microphones

REFERENCE = ROOT / "samples" / "planning_meeting.seglst.json"


def test_known_voices_get_their_names_in_the_result_and_as_it_grows(
    processor: NeMoProcessor, sample: Audio, tmp_path: Path
) -> None:
    """What two of the three say at first makes them known; a third one, who is not here, is not found."""
    said: dict[str, list[np.ndarray]] = {}
    for row in json.loads(REFERENCE.read_text()):
        said.setdefault(row["speaker"], []).append(sample.cut(row["start_time"], row["end_time"]))
    first, second, _ = (Audio(np.concatenate(cuts[:2])) for cuts in said.values())
    (own,) = processor.enrol(Recording([], Options(), clips=[("", first)]))
    stranger = KnownVoice("Nobody", (Voiceprint(tuple(-value for value in own.vector), own.model, 9.0),))
    told = list[Segment]()
    recording = Recording([sample], Options(identify=True), None, told.extend, tmp_path / "stages", [stranger])
    recording = replace(recording, clips=[("Mara", first), ("Jonas", second)])
    (found,) = processor.process_all([recording])
    assert isinstance(found, Conversation)
    assert found.speakers == ("Mara", "Jonas", "SPEAKER_02")
    assert [(one.speaker, one.name, one.reason) for one in found.identities] == [
        ("Mara", "Mara", None), ("Jonas", "Jonas", None), ("SPEAKER_02", None, "too_unlike"),
    ]  # fmt: skip
    assert told == list(found.segments)
    assert {word.speaker for segment in found.segments for word in segment.words} == set(found.speakers)
    again = processor.relabel(recording)
    assert (again.speakers, again.identities) == (found.speakers, found.identities)
    unknown = processor.relabel(replace(recording, clips=[], known=[stranger]))
    assert unknown.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")


def test_channels_are_named_too_and_a_profile_without_embeddings_says_that_it_cannot(
    models: Models, mute: Mute, sample: Audio
) -> None:
    left, right = two_microphones(sample)
    mara = Audio(left.cut(0, 6.5))
    asked = Recording([left, right], Options(channels="per_channel"), clips=[("Mara", mara)])
    parts = models.detector, models.diarizer, mute, {}
    able, unable = (NeMoProcessor(*parts, reader=one) for one in (models.reader, None))
    (found,) = able.process_all([asked])
    assert isinstance(found, Conversation)
    assert found.speakers == ("Mara", "SPEAKER_01")
    (found,) = unable.process_all([asked])
    assert isinstance(found, Conversation)
    assert "Mara" not in found.speakers
    assert any("cannot be identified" in warning for warning in found.warnings)
    with pytest.raises(Unsupported, match="speaker_embeddings"):
        unable.enrol(asked)
