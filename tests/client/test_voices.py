from __future__ import annotations

import pytest

from client import ApiError, Client
from tests.fakes import wav

SOUND = wav()


def test_a_voice_is_made_known_and_forgotten(service: Client) -> None:
    voices = service.voices
    speaker = voices.enrol("Anna", "Agreed in writing.", SOUND, wav(1.0))
    assert (speaker.name, speaker.consent, len(speaker.voiceprints)) == ("Anna", "Agreed in writing.", 2)
    assert [known.id for known in voices.list()] == [speaker.id]
    assert len(voices.extend(speaker, SOUND).voiceprints) == 3
    assert voices.get(speaker.id).name == "Anna"
    assert service.diarize(SOUND, identify=True).speakers == ["Anna"]
    voices.forget(speaker)
    assert list(voices.list()) == []
    with pytest.raises(ApiError, match="no such speaker"):
        voices.forget(speaker.id)
    assert service.diarize(SOUND, identify=True).speakers == ["SPEAKER_00"]


def test_a_refused_clip_says_why(service: Client) -> None:
    with pytest.raises(ApiError) as refused:
        service.voices.enrol("Anna", "Agreed.", b"no sound at all")
    assert (refused.value.status, refused.value.code) == (415, "unsupported_media")
