from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import Audio, Span, Transcript


class Remembering(Recogniser):
    def __init__(self) -> None:
        self.asked: list[Spoken] = []

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        self.asked += spoken
        return [Transcript(language=one.language) for one in spoken]


def test_one_recording_is_heard_as_several_are() -> None:
    recogniser, seen = Remembering(), list[float]()
    audio, regions = Audio(np.zeros(16_000, np.float32)), [Span(0.0, 0.5)]
    assert recogniser.transcribe(audio, regions, "de", seen.append, ("lantern",)) == Transcript(language="de")
    (asked,) = recogniser.asked
    assert (asked.audio, asked.regions, asked.language, asked.keyterms) == (audio, regions, "de", ("lantern",))
    assert asked.on_progress is not None
    asked.on_progress(1.0)
    assert seen == [1.0]


def test_a_recogniser_that_says_nothing_else_hears_one_at_a_time() -> None:
    assert Remembering().together == 1
