"""People who were taken for one: where a known voice speaks in the turns of somebody else, it gets them.

Whoever says only a few sentences is easily taken for somebody else, since a few sentences do not tell how alike two
people are. But they may well tell that this is the voice of somebody known, and of nobody else who is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.identification import Comparable, likenesses
from pipeline.types import Turn
from pipeline.voices import ONE_VOICE, Marks, Part, Voice, voice_of

MIN_PARTED = 1.2  # seconds of a known voice that part it from another, and of that other
VAGUE = 0.4  # likeness from which a part may be of a known voice: what counts is all of them together
CLEARLY = 0.2  # likeness by which each of two known voices that are much alike must be ahead of the other


@dataclass(frozen=True)
class Heard:
    """turns: by start; parts: what their speakers say alone."""

    turns: tuple[Turn, ...]
    parts: Mapping[str, Sequence[Part]]


def voices_of(heard: Heard) -> dict[str, Voice]:
    """Of the speakers of whom some parts are known."""
    return {speaker: voice for speaker, parts in heard.parts.items() if (voice := voice_of(parts))}


def parted(heard: Heard, known: Comparable, marks: Marks, most: int) -> Heard:
    """Every known voice that speaks in the turns of another is a speaker of its own, as long as there are no more than
    ``most``. Speakers are named "0", "1", ..., and so are the new ones."""
    for speaker in [*heard.parts] if known.names else ():
        room = most - len({turn.speaker for turn in heard.turns})
        voices = _several(heard.parts[speaker], known, marks)[: room + 1]
        if len(voices) > 1:
            heard = _dealt(heard, speaker, voices)
    return heard


def _several(parts: Sequence[Part], known: Comparable, marks: Marks) -> list[Voice]:
    """The known voices that speak here, and that of the rest where there is one: who says most comes first. None where
    nobody is known."""
    if not parts:
        return []
    likeness = np.array([likenesses(Voice(one.vector, one.seconds), known, marks) for one in parts])
    best = np.where(likeness.max(1) < VAGUE, -1, likeness.argmax(1))
    names = np.unique(best[best >= 0]).tolist()
    groups = [group for k in names if (group := _group(parts, best == k, k, known, marks))]
    sure = [group for group in groups if _is_known(group, marks)]
    rest = _group(parts, ~np.isin(best, [group.name for group in sure]), -1, known, marks)
    return _apart([*sure, *([rest] if rest else [])], marks) if sure else []


@dataclass(frozen=True, eq=False)
class _Group:
    """Parts of one voice together. name: the index of the known voice that it may be; -1: of none. likeness: to each of
    the known voices."""

    voice: Voice
    name: int
    likeness: np.ndarray


def _group(parts: Sequence[Part], which: np.ndarray, name: int, known: Comparable, marks: Marks) -> _Group | None:
    """Of these parts, if they say enough."""
    voice = voice_of([part for part, own in zip(parts, which, strict=True) if own])
    return _Group(voice, name, likenesses(voice, known, marks)) if voice and voice.seconds >= MIN_PARTED else None


def _is_known(group: _Group, marks: Marks) -> bool:
    """Whether it is that known voice, and no other."""
    own, rival = group.likeness[group.name], np.delete(group.likeness, group.name).max(initial=-np.inf)
    return bool(own >= marks.known and own - rival >= marks.margin)


def _apart(groups: Sequence[_Group], marks: Marks) -> list[Voice]:
    """Whoever says most first, without those that may be one of those before."""
    kept = list[_Group]()
    for group in sorted(groups, key=lambda group: -group.voice.seconds):
        if not any(_alike(group, other, marks) for other in kept):
            kept.append(group)
    return [group.voice for group in kept]


def _alike(a: _Group, b: _Group, marks: Marks) -> bool:
    """Whether both may be one voice. Two that are known are not, if each is clearly itself and not the other."""
    if a.name >= 0 and b.name >= 0:
        ahead = a.likeness[a.name] - a.likeness[b.name], b.likeness[b.name] - b.likeness[a.name]
        return bool(min(ahead) < CLEARLY)
    cosine = float(a.voice.vector @ b.voice.vector)
    return bool(marks.likeness(cosine, a.voice.seconds, b.voice.seconds) >= ONE_VOICE)


def _dealt(heard: Heard, speaker: str, voices: Sequence[Voice]) -> Heard:
    """What one speaker says, dealt out: each part to the voice that it is most like. The first keeps the name."""
    first = 1 + max(int(turn.speaker) for turn in heard.turns)
    names = [speaker, *(str(first + number) for number in range(len(voices) - 1))]
    vectors, parts = np.array([voice.vector for voice in voices]), heard.parts[speaker]
    owners = [names[int((vectors @ part.vector).argmax())] for part in parts]
    turns = [one for turn in heard.turns for one in (_cut(turn, parts, owners) if turn.speaker == speaker else [turn])]
    own = {name: [part for part, owner in zip(parts, owners, strict=True) if owner == name] for name in names}
    return Heard(tuple(sorted(turns, key=lambda turn: (turn.start, turn.end))), {**heard.parts, **own})


def _cut(turn: Turn, parts: Sequence[Part], owners: Sequence[str]) -> list[Turn]:
    """Half-way between parts of different owners. A turn without a part stays as it is."""
    within = sorted(
        (
            (part.span, owner)
            for part, owner in zip(parts, owners, strict=True)
            if part.span.start < turn.end and turn.start < part.span.end
        ),
        key=lambda one: one[0].start,
    )
    cut, start = list[Turn](), turn.start
    for (span, owner), (following, other) in pairwise(within):
        if owner != other:
            end = min(max((span.end + following.start) / 2, start), turn.end)
            cut.append(replace(turn, speaker=owner, start=start, end=end))
            start = end
    cut.append(replace(turn, speaker=within[-1][1] if within else turn.speaker, start=start))
    return [one for one in cut if one.end > one.start]
