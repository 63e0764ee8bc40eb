"""An hour of four people, about 10,000 words, as a model would hear them."""

from __future__ import annotations

import random

from pipeline.types import Conversation, Segment, Turn, Word

WORD = 60 / 170  # seconds


def an_hour(seconds: float = 3600.0) -> Conversation:
    chance = random.Random(7)
    vocabulary = ["".join(chance.choices("abcdefghijklmnoprstuw", k=chance.randint(2, 9))) for _ in range(2000)]
    segments, time = list[Segment](), 0.0
    while time < seconds:
        speaker, start = f"SPEAKER_{chance.randrange(4):02d}", time
        said = list[Word]()
        for text in chance.choices(vocabulary, k=chance.randint(3, 30)):
            said.append(Word(text, time, time + 0.8 * WORD, chance.betavariate(5, 1), speaker, 0.9))
            time += WORD
        segments.append(Segment(speaker, start, time, " ".join(word.text for word in said), tuple(said)))
        time = max(start, time + chance.uniform(-0.8, 0.4))
    turns = tuple(Turn(segment.speaker, segment.start, segment.end) for segment in segments)
    speakers = tuple(dict.fromkeys(segment.speaker for segment in segments))
    return Conversation(tuple(segments), turns, speakers, time + 1, "en")
