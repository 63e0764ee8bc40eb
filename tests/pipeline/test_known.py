from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from errors import InvalidOption
from pipeline.known import Candidate, Identity, KnownClip, KnownVoice, Voiceprint, checked_name


def test_known_voices_survive_json() -> None:
    voice = KnownVoice("Anna", (Voiceprint((0.6, 0.8), "campplus@1", 4.2), Voiceprint((1.0,), "titanet@2", 3.0)))
    assert KnownVoice.from_dict(json.loads(json.dumps(voice.to_dict()))) == voice
    clip = KnownClip("Anna", Path("/data/known-0/audio.wav"))
    assert KnownClip.from_dict(json.loads(json.dumps(clip.to_dict()))) == clip


@pytest.mark.parametrize("rival", [None, Candidate("Ben", 0.3)])
def test_an_identity_survives_json(rival: Candidate | None) -> None:
    identity = Identity("SPEAKER_00", None, 0.4, rival, 2.5, "too_unlike")
    assert Identity.from_dict(json.loads(json.dumps(asdict(identity)))) == identity


def test_a_name_has_single_spaces() -> None:
    assert checked_name("  Anna \t Müller ") == "Anna Müller"


def test_a_name_is_one_however_its_letters_are_composed() -> None:
    assert checked_name("Ann\u0061\u0301") == checked_name("Ann\u00e1") == "Ann\u00e1"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b", "SPEAKER_00", " SPEAKER_123 ", "speaker 00"])
def test_what_nobody_may_be_called(name: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        checked_name(name, "known.1")
    assert refused.value.field == "known.1"
