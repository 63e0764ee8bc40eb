"""A short conversation in which people interrupt each other, laugh in markup and pause."""

from __future__ import annotations

import pytest

from pipeline.types import Conversation, Segment, Turn, Word


@pytest.fixture
def talk() -> Conversation:
    words = (
        Word("Shall", 3.25, 3.5, 0.98765432, "SPEAKER_00", 1.0),
        Word("we", 3.5, 3.625, None, "SPEAKER_00", None, interpolated=True),
        Word("start?", 3.625, 4.0004, 0.5, "SPEAKER_00", 0.75, overlap=True),
    )
    return Conversation(
        segments=(
            Segment("SPEAKER_00", 3.25, 4.0004, "Shall we start?", words),
            Segment("SPEAKER_01", 3.9, 5.0, "Yes & <no> --> maybe"),
            Segment("SPEAKER_00", 3725.5, 3727.0, "Über\nuns"),
        ),
        turns=(
            Turn("SPEAKER_01", 3.8, 5.0),
            Turn("SPEAKER_00", 3.2, 4.1),
            Turn("SPEAKER_00", 3725.5, 3727.0),
            Turn("SPEAKER_01", 6.0, 6.0004),
        ),
        speakers=("SPEAKER_00", "SPEAKER_01"),
        duration=3730.00049,
        language="en",
        models={"words": "whisper-base"},
        timings={"words": 1.23456},
        warnings=("Quiet.",),
    )
