"""Talk made of noise: every word a burst at the time that the conversation has it, silence between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.types import Conversation, Segment, Turn, Word

Said = tuple[str, str, float, float]  # speaker, word, start, end (s)


@dataclass(frozen=True)
class Talk:
    """samples: float (n,) at ``rate``."""

    conversation: Conversation
    samples: np.ndarray
    rate: int

    def save(self, path: Path) -> Path:
        soundfile.write(path, self.samples, self.rate, subtype="PCM_16")
        return path


def conversation_of(said: Sequence[Said], duration: float, confidence: float | None = 0.95) -> Conversation:
    """Words in a row by one speaker are a segment."""
    words = [Word(text, start, end, confidence, speaker) for speaker, text, start, end in said]
    groups: list[list[Word]] = []
    for word in words:
        if groups and groups[-1][0].speaker == word.speaker:
            groups[-1].append(word)
        else:
            groups.append([word])
    segments = tuple(
        Segment(str(g[0].speaker), g[0].start, g[-1].end, " ".join(w.text for w in g), tuple(g)) for g in groups
    )
    turns = tuple(Turn(one.speaker, one.start, one.end) for one in segments)
    return Conversation(segments, turns, tuple(dict.fromkeys(turn.speaker for turn in turns)), duration, "en")


@pytest.fixture
def talk() -> Callable[..., Talk]:
    """talk([("A", "Hello", 0.5, 0.9), ...], 5.0): 5 s in which that is said."""

    def make(said: Sequence[Said], duration: float, rate: int = 16_000, confidence: float | None = 0.95) -> Talk:
        random = np.random.default_rng(0)
        samples = random.normal(0, 0.0005, round(duration * rate))
        for _, _, start, end in said:
            first, last = round(start * rate), round(end * rate)
            samples[first:last] += random.normal(0, 0.1, last - first)
        return Talk(conversation_of(said, duration, confidence), samples, rate)

    return make


@pytest.fixture
def sentence() -> Callable[..., list[Said]]:
    """sentence("A", 0.5, "We meet here", pause=0.2): words of 0.3 s, with so much silence after each."""

    def make(speaker: str, start: float, text: str, pause: float = 0.2) -> list[Said]:
        step = 0.3 + pause
        return [(speaker, word, start + i * step, start + i * step + 0.3) for i, word in enumerate(text.split())]

    return make
