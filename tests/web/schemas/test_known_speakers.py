from __future__ import annotations

from jobs.speakers.store import KnownSpeaker, Print
from web.schemas.known_speakers import Speaker


def test_a_speaker_is_shown_without_what_only_the_server_needs() -> None:
    known = KnownSpeaker(7, "0" * 32, "ana12345", "Tom", "Agreed.", 12.5, (Print("m@1", 4.5, 13.5),))
    assert Speaker.of(known).model_dump() == {
        "id": "0" * 32,
        "name": "Tom",
        "consent": "Agreed.",
        "created_at": 12.5,
        "voiceprints": [{"model": "m@1", "seconds": 4.5, "created_at": 13.5}],
    }
