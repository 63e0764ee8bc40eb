"""A processor that hears the same two people whatever the recording, unless its name says what happens to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.readiness import OnLoading
from pipeline.recogniser import NO_KEYTERMS
from pipeline.types import Audio, Conversation, Options, Segment, Turn, Word
from settings import Settings
from tests.fakes import FakeProcessor

FIRST = (Word("Shall", 0.5, 0.75, 0.9), Word("we", 0.75, 1.0, 0.8), Word("begin?", 1.0, 1.5, 0.7))
SECOND = (Word("Yes,", 1.75, 2.0, 1.0), Word("Anna.", 2.0, 2.25, None))
TALK = Conversation(
    segments=(
        Segment("SPEAKER_00", 0.5, 1.5, "Shall we begin?", FIRST),
        Segment("SPEAKER_01", 1.75, 2.25, "Yes, Anna.", SECOND),
    ),
    turns=(Turn("SPEAKER_00", 0.5, 1.625), Turn("SPEAKER_01", 1.625, 2.25)),
    speakers=("SPEAKER_00", "SPEAKER_01"),
    duration=2.5,
    language="en",
    models={"words": "talk"},
)
TEXT = "Shall we begin? Yes, Anna."


class Talk(FakeProcessor):
    def say(self, channels: Sequence[Audio], options: Options) -> Conversation:
        if options.only_language:
            return Conversation(duration=2.5, language="de", language_confidence=0.875)
        warnings = TALK.warnings + ((f"{NO_KEYTERMS} with this recogniser.",) if options.keyterms else ())
        return replace(TALK, language=options.language or "en", warnings=warnings, models=self.models)


def load(settings: Settings, on_loading: OnLoading) -> Talk:
    return Talk("talk", "talk")
