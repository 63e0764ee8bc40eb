"""A processor of two people, A and B: what the clients of other systems are to find in an answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from errors import EmptyAudio
from pipeline.readiness import OnLoading
from pipeline.types import Audio, Conversation, Options, Segment, Turn, Word
from settings import Settings
from tests.fakes import FakeProcessor

SILENCE, SLOW = "nothing at all", "slowly"  # as keyterms: what the recording is like


def said(speaker: str, text: str, start: float) -> Segment:
    """Two words in each second."""
    words = tuple(
        Word(word, start + index / 2, start + index / 2 + 0.4, 0.9, speaker, 0.8)
        for index, word in enumerate(text.split())
    )
    return Segment(speaker, start, words[-1].end, text, words)


SEGMENTS = (
    said("SPEAKER_00", "Good morning, everybody. Shall we begin?", 0.25),
    said("SPEAKER_01", "Yes. Three things, as always.", 3.5),
    said("SPEAKER_00", "Good.", 6.125),
)
TEXT = "Good morning, everybody. Shall we begin? Yes. Three things, as always. Good."


class Talk(FakeProcessor):
    """On two channels the second one speaks first. warnings: the options that came."""

    def say(self, channels: Sequence[Audio], options: Options) -> Conversation:
        if SILENCE in options.keyterms:
            raise EmptyAudio("There is no usable sound in the recording.")
        if SLOW in options.keyterms:
            time.sleep(0.5)
        asked = Options().to_dict()
        warning = ", ".join(f"{k}={v}" for k, v in options.to_dict().items() if v != asked[k])
        return replace(
            Conversation(
                segments=SEGMENTS,
                turns=tuple(Turn(segment.speaker, segment.start, segment.end) for segment in SEGMENTS),
                speakers=("SPEAKER_00", "SPEAKER_01"),
                duration=7.6,
                language=options.language or "en",
                models=self.models,
            ),
            channels=("SPEAKER_01", "SPEAKER_00") if options.channels == "per_channel" else (),
            warnings=(warning,) if warning else (),
        )


def load(settings: Settings, on_loading: OnLoading) -> Talk:
    return Talk()
