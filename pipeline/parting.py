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
    """What a known voice says in the turns of another goes to the speaker who has that voice, or else to a new one, as
    long as there are no more than ``most``. Speakers are named "0", "1", ..., and so are the new ones."""
    for speaker in [*heard.parts] if known.names else ():
        groups = _several(heard.parts[speaker], known, marks)
        owners = _owners(groups, speaker, heard, known, marks, most) if len(groups) > 1 else {}
        if len(owners) > 1:
            heard = _dealt(heard, speaker, owners)
    return heard


def _owners(
    groups: Sequence[_Group], speaker: str, heard: Heard, known: Comparable, marks: Marks, most: int
) -> dict[str, Voice]:
    """Whose each group is. Who says most stays the speaker."""
    holders = _holders(heard, known, marks)
    fresh = 1 + max(int(turn.speaker) for turn in heard.turns)
    room = most - len({turn.speaker for turn in heard.turns})
    owners = {speaker: groups[0].voice}
    for group in groups[1:]:
        holder = holders.get(group.name, speaker)
        if holder != speaker:
            owners[holder] = group.voice
        elif room > 0:
            owners[str(fresh)] = group.voice
            fresh, room = fresh + 1, room - 1
    return owners


def _holders(heard: Heard, known: Comparable, marks: Marks) -> dict[int, str]:
    """Of the known voices, by index, the speaker who has each; who is most like it where there are several."""
    likeness = {speaker: likenesses(voice, known, marks) for speaker, voice in voices_of(heard).items()}
    best = {speaker: int(own.argmax()) for speaker, own in likeness.items()}
    sure = [speaker for speaker, k in best.items() if _surely(likeness[speaker], k, marks)]
    return {best[speaker]: speaker for speaker in sorted(sure, key=lambda one: float(likeness[one].max()))}


def _several(parts: Sequence[Part], known: Comparable, marks: Marks) -> list[_Group]:
    """The known voices that speak here, and that of the rest where there is one: who says most comes first. None where
    nobody is known."""
    if not parts:
        return []
    likeness = np.array([likenesses(Voice(one.vector, one.seconds), known, marks) for one in parts])
    best = np.where(likeness.max(1) < VAGUE, -1, likeness.argmax(1))
    names = np.unique(best[best >= 0]).tolist()
    groups = [group for k in names if (group := _group(parts, best == k, k, known, marks))]
    sure = [group for group in groups if _surely(group.likeness, group.name, marks)]
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


def _surely(likeness: np.ndarray, k: int, marks: Marks) -> bool:
    """Whether what has this likeness to the known voices is the one of index ``k``, and no other."""
    rival = np.delete(likeness, k).max(initial=-np.inf)
    return bool(likeness[k] >= marks.known and likeness[k] - rival >= marks.margin)


def _apart(groups: Sequence[_Group], marks: Marks) -> list[_Group]:
    """Whoever says most first, without those that may be one of those before."""
    kept = list[_Group]()
    for group in sorted(groups, key=lambda group: -group.voice.seconds):
        if not any(_alike(group, other, marks) for other in kept):
            kept.append(group)
    return kept


def _alike(a: _Group, b: _Group, marks: Marks) -> bool:
    """Whether both may be one voice. Two that are known are not, if each is clearly itself and not the other."""
    if a.name >= 0 and b.name >= 0:
        ahead = a.likeness[a.name] - a.likeness[b.name], b.likeness[b.name] - b.likeness[a.name]
        return bool(min(ahead) < CLEARLY)
    cosine = float(a.voice.vector @ b.voice.vector)
    return bool(marks.likeness(cosine, a.voice.seconds, b.voice.seconds) >= ONE_VOICE)


def _dealt(heard: Heard, speaker: str, owners: Mapping[str, Voice]) -> Heard:
    """What one speaker says, dealt out: each part to the voice that it is most like."""
    names, vectors = list(owners), np.array([voice.vector for voice in owners.values()])
    parts = heard.parts[speaker]
    whose = [names[int((vectors @ part.vector).argmax())] for part in parts]
    turns = [one for turn in heard.turns for one in (_cut(turn, parts, whose) if turn.speaker == speaker else [turn])]
    own = {name: [part for part, owner in zip(parts, whose, strict=True) if owner == name] for name in names}
    others = {name: [*heard.parts.get(name, ()), *own[name]] for name in names[1:]}
    new = {**heard.parts, **others, speaker: own[speaker]}
    return Heard(tuple(sorted(turns, key=lambda turn: (turn.start, turn.end))), new)


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
