"""The voices of the sample, by the networks of both families. How sure they are: docs/accuracy.md."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from errors import SeveralVoices, VoiceTooShort
from pipeline.loading import Models
from pipeline.nemo_checkpoints import restore
from pipeline.nvidia import KINDS
from pipeline.titanet import SpeakerEmbedder
from pipeline.types import SAMPLE_RATE, Audio, Span
from pipeline.voice_readers import WindowReader, model_key
from pipeline.voices import VoiceReader, mean_voice, voiceprint
from settings import ROOT

SCRIPT = ROOT / "samples" / "planning_meeting.seglst.json"
Said = dict[str, list[Span]]


@pytest.fixture(scope="module")
def said() -> Said:
    """What each speaker of the sample says, in order."""
    spans: Said = {}
    for row in json.loads(SCRIPT.read_text()):
        spans.setdefault(row["speaker"], []).append(Span(row["start_time"], row["end_time"]))
    return spans


def clip(sample: Audio, *spans: Span) -> Audio:
    return Audio(np.concatenate([sample.cut(span.start, span.end) for span in spans]))


@pytest.fixture(scope="module", params=["offline", "nvidia"])
def reader(request: pytest.FixtureRequest, models: Models) -> VoiceReader:
    if request.param == "offline":
        assert models.reader is not None
        return models.reader
    path = request.getfixturevalue("titanet")
    model = restore(path, KINDS["embeddings"], "embeddings", "cpu", path.name)
    return WindowReader(models.detector, SpeakerEmbedder(model), model_key("titanet", path))


def test_a_voice_is_known_again_and_no_other_is_taken_for_it(reader: VoiceReader, sample: Audio, said: Said) -> None:
    prints = {name: voiceprint(reader, clip(sample, *spans[::2])) for name, spans in said.items()}
    for name, spans in said.items():
        voice = mean_voice(reader.within(sample, spans[1::2]))
        assert voice is not None
        scores = {other: float(np.dot(one.vector, voice.vector)) for other, one in prints.items()}
        assert max(scores, key=lambda other: scores[other]) == name
        assert voice.seconds == pytest.approx(sum(span.duration for span in spans[1::2]), rel=0.1)


def test_a_clip_tells_its_speech_and_its_network(reader: VoiceReader, sample: Audio, said: Said) -> None:
    spans = next(iter(said.values()))[:2]
    found = voiceprint(reader, clip(sample, *spans))
    assert 0.6 * sum(span.duration for span in spans) < found.seconds < 1.05 * sum(span.duration for span in spans)
    assert found.model == reader.model
    assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-3)


def test_silence_and_a_word_are_too_short(reader: VoiceReader, sample: Audio, said: Said) -> None:
    first = next(iter(said.values()))[0]
    for sound in (np.zeros(5 * SAMPLE_RATE, np.float32), sample.cut(first.start, first.start + 0.8)):
        with pytest.raises(VoiceTooShort, match=r"has [01]\.\d s"):
            voiceprint(reader, Audio(sound))
    assert len(reader.within(sample, []).vectors) == 0


def test_two_people_in_a_clip_are_heard(models: Models, sample: Audio, said: Said) -> None:
    assert models.reader is not None
    names = list(said)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = clip(sample, *said[names[one]][:2], *said[names[other]][:2])
        with pytest.raises(SeveralVoices, match=r"\d\.\d s of one and \d\.\d s of another"):
            voiceprint(models.reader, both)


def test_other_weights_are_another_network(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"weights")
    (tmp_path / "b").write_bytes(b"others")
    key = model_key("campplus", tmp_path / "a")
    assert key.startswith("campplus@")
    assert key != model_key("campplus", tmp_path / "b")
    (tmp_path / "c").write_bytes(b"weights")
    assert key == model_key("campplus", tmp_path / "c")
