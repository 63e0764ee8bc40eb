"""A recogniser that understands nothing, and a recording by two microphones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import (
    SAMPLE_RATE,
    Audio,
    Span,
    Transcript,
)


class Mute(Recogniser):
    """A recogniser that understands nothing and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, list[Span]]] = []

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        self.asked += [(one.language, list(one.regions)) for one in spoken]
        return [Transcript((), one.language or "xx") if one.regions else Transcript() for one in spoken]


def two_microphones(sample: Audio) -> list[Audio]:
    """13 s of the sample: mara is at the first microphone, which overhears tom, who is at the second."""
    change, end = round(6.55 * SAMPLE_RATE), round(12.9 * SAMPLE_RATE)
    mara, tom = np.zeros((2, 13 * SAMPLE_RATE), np.float32)
    mara[:change], tom[change:end] = sample.samples[:change], sample.samples[change:end]
    return [Audio(mara + 0.1 * tom), Audio(tom)]
