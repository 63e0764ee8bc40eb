"""Who spoke how much: figures of a conversation, for the report and whoever else shows them.

They are taken from ``turns``, which have what the voices say, words or not; from the segments where there are no turns.
Turns of one speaker that overlap or meet count as one. Times are whole milliseconds, as everywhere in exports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from formats.cues import milliseconds
from formats.timed import timed_words
from pipeline.types import Conversation, Segment, Turn, Word

LOW_CONFIDENCE = 0.5  # a word below it is worth a second look
NOTICED = 250  # ms that two must speak at once before one is interrupted: people begin a little early all the time
BREATH = 1_000  # ms of silence within a turn at most: detectors of speech end one at every pause

_Part = tuple[int, int, str]  # ms, ms, speaker


@dataclass(frozen=True)
class Speaker:
    """What one speaker did. Times in seconds.

    talk_time: in which they are heard, alone or not; share: of the talk times of all, 0-1; overlap: in which somebody
    else is heard too.
    turns: how many, where a pause shorter than BREATH is part of one, unless somebody else has taken over by then and
    speaks on for NOTICED; longest: of these, with such pauses.
    interruptions: how many turns of others they cut short: one of theirs begins while the other goes on, both are heard
    for NOTICED at least, and when the other ends theirs still goes on, so it has taken over. A turn within another's,
    such as a "yes", is none. interrupted: how often that was done to one of theirs.
    words: as they are written down; words_per_minute: of talk_time, or None without any; low_confidence: how many words
    of which the text or the speaker has a confidence below LOW_CONFIDENCE.
    """

    name: str
    talk_time: float
    share: float
    turns: int
    longest: float
    overlap: float
    interruptions: int
    interrupted: int
    words: int
    words_per_minute: float | None
    low_confidence: int


@dataclass(frozen=True)
class Statistics:
    """In the order of ``Conversation.speakers``. speech, overlap: s in which anybody, or more than one, speaks."""

    speakers: tuple[Speaker, ...]
    speech: float
    overlap: float


def statistics(conversation: Conversation) -> Statistics:
    spoken: Sequence[Turn | Segment] = conversation.turns or conversation.segments
    names = dict.fromkeys([*conversation.speakers, *(one.speaker for one in (*conversation.segments, *spoken))])
    parts = {name: _joined(turn for turn in spoken if turn.speaker == name) for name in names}
    every = sorted(part for own in parts.values() for part in own)
    speech, overlap, overlaps = _together(every)
    turns = _bridged(every)
    by, of = _interruptions(turns)
    total = sum(map(_length, every))
    speakers = [
        Speaker(
            **_words(conversation, name, talk := sum(map(_length, own))),
            name=name,
            talk_time=talk / 1000,
            share=round(talk / total, 4) if total else 0.0,
            turns=sum(turn[2] == name for turn in turns),
            longest=max((_length(turn) for turn in turns if turn[2] == name), default=0) / 1000,
            overlap=overlaps[name] / 1000,
            interruptions=by[name],
            interrupted=of[name],
        )
        for name, own in parts.items()
    ]
    return Statistics(tuple(speakers), speech / 1000, overlap / 1000)


def _words(conversation: Conversation, name: str, talk: int) -> dict[str, Any]:
    words = [word for segment in conversation.segments if segment.speaker == name for word in timed_words(segment)]
    rate = round(len(words) * 60_000 / talk, 1) if talk else None
    return {"words": len(words), "words_per_minute": rate, "low_confidence": sum(map(is_doubtful, words))}


def _length(part: _Part) -> int:
    return part[1] - part[0]


def is_doubtful(word: Word) -> bool:
    return any(one is not None and one < LOW_CONFIDENCE for one in (word.confidence, word.speaker_confidence))


def _joined(turns: Iterable[Turn | Segment]) -> list[_Part]:
    parts: list[_Part] = []
    for turn in sorted(turns, key=lambda turn: (turn.start, turn.end)):
        start, end = milliseconds(turn.start), milliseconds(turn.end)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(parts[-1][1], end), turn.speaker)
        elif start < end:
            parts.append((start, end, turn.speaker))
    return parts


def _together(every: Sequence[_Part]) -> tuple[int, int, Counter[str]]:
    """ms in which anybody speaks, in which several do, and of the latter each speaker's own."""
    changes = sorted([(start, True, who) for start, _, who in every] + [(end, False, who) for _, end, who in every])
    speech, overlap, own, now = 0, 0, Counter[str](), set[str]()
    for (time, begins, who), (following, _, _) in pairwise(changes):
        (now.add if begins else now.discard)(who)
        length = following - time
        speech += length if now else 0
        if len(now) > 1:
            overlap += length
            own.update(dict.fromkeys(now, length))
    return speech, overlap, own


def _bridged(every: Sequence[_Part]) -> list[_Part]:
    """Turns with the pauses that belong to them, by start, as ``every``."""
    found: list[_Part] = []
    last: dict[str, int] = {}
    going_on: list[_Part] = []
    for start, end, who in every:
        going_on = [part for part in going_on if part[1] > start]
        taken = any(part[0] < start and part[2] != who and part[1] - start >= NOTICED for part in going_on)
        going_on.append((start, end, who))
        at = last.get(who)
        if at is not None and start - found[at][1] < BREATH and not taken:
            found[at] = (found[at][0], end, who)
        else:
            last[who] = len(found)
            found.append((start, end, who))
    return found


def _interruptions(every: Sequence[_Part]) -> tuple[Counter[str], Counter[str]]:
    """How often each speaker cut somebody short, and was cut short. every: by start."""
    by, of = Counter[str](), Counter[str]()
    going_on: list[_Part] = []
    for start, end, who in every:
        going_on = [part for part in going_on if part[1] > start]
        for begun, stopped, other in going_on:
            if begun < start and stopped - start >= NOTICED and end > stopped:
                by[who] += 1
                of[other] += 1
        going_on.append((start, end, who))
    return by, of
