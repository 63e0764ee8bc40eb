"""What people put right in a conversation: who said it. Each edit gives a new conversation; text and times stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from errors import InvalidEdit
from pipeline.conversation import begins_segment, segment_of
from pipeline.known import LONGEST_NAME, Identity
from pipeline.types import MAX_SPEAKERS, Conversation, Segment, Turn

_FRAME = 0.1  # s


def edited(conversation: Conversation, change: dict[str, Any]) -> Conversation:
    """change: ``{"edit": its name in EDITS, ...: what that takes}``. Raises InvalidEdit, and TypeError for a change of
    another shape."""
    arguments = dict(change)
    return EDITS[arguments.pop("edit")](conversation, **arguments)


def rename(conversation: Conversation, speaker: str, name: str) -> Conversation:
    """name: one that no other speaker has; to make two speakers one is :func:`merge`."""
    _check_speaker(conversation, speaker)
    name = " ".join(name.split())
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise InvalidEdit(f"A speaker's name has 1 to {LONGEST_NAME} printable characters.", field="name")
    if name != speaker and name in conversation.speakers:
        raise InvalidEdit("Another speaker has this name; to make them one, merge them.", field="name")
    return _relabelled(conversation, speaker, name)


def merge(conversation: Conversation, speaker: str, into: str) -> Conversation:
    """All that ``speaker`` said is ``into``'s."""
    _check_speaker(conversation, speaker)
    _check_speaker(conversation, into, "into")
    return conversation if speaker == into else _tidied(_relabelled(conversation, speaker, into))


def reassign(
    conversation: Conversation, segment: int, speaker: str | None = None, words: Sequence[int] | None = None
) -> Conversation:
    """What segment number ``segment`` says, or of it the words from the first to the last of ``words``, is said by
    ``speaker``: None for somebody new."""
    if not 0 <= segment < len(conversation.segments):
        raise InvalidEdit(f"There are segments 0 to {len(conversation.segments) - 1}.", field="segment")
    old = conversation.segments[segment]
    first, last = words or (0, len(old.words) - 1)
    if not 0 <= first <= last < len(old.words):
        raise InvalidEdit(f"This segment has words 0 to {len(old.words) - 1}.", field="words")
    if speaker is None:
        speaker = _free_name(conversation.speakers)
    else:
        _check_speaker(conversation, speaker)
    if speaker == old.speaker:
        return conversation
    moved = [replace(word, speaker=speaker, speaker_confidence=1.0) for word in old.words[first : last + 1]]
    parts = (old.words[:first], moved, old.words[last + 1 :])
    made = [segment_of(part, conversation.language) for part in parts if part]
    segments = [*conversation.segments[:segment], *made, *conversation.segments[segment + 1 :]]
    whole = len(made) == 1
    start, end = (old.start, old.end) if whole else (moved[0].start, max(word.end for word in moved))
    others = [other for other in segments if other.speaker == old.speaker]
    turns = _handed_over(conversation.turns, (start, end), old.speaker, speaker, others)
    speakers = tuple(dict.fromkeys([*conversation.speakers, speaker]))
    return _tidied(replace(conversation, segments=tuple(segments), turns=tuple(turns), speakers=speakers))


EDITS: dict[str, Callable[..., Conversation]] = {"rename": rename, "merge": merge, "reassign": reassign}


def _check_speaker(conversation: Conversation, speaker: str, field: str = "speaker") -> None:
    if speaker not in conversation.speakers:
        raise InvalidEdit("There is no such speaker in the conversation.", field=field)


def _free_name(speakers: Sequence[str]) -> str:
    if len(speakers) >= MAX_SPEAKERS:
        raise InvalidEdit(f"A conversation has at most {MAX_SPEAKERS} speakers.", field="speaker")
    return next(name for index in count() if (name := f"SPEAKER_{index:02d}") not in speakers)


def _relabelled(conversation: Conversation, old: str, new: str) -> Conversation:
    def name(speaker: str | None) -> Any:
        return new if speaker == old else speaker

    segments = (
        replace(
            segment,
            speaker=name(segment.speaker),
            words=tuple(replace(word, speaker=name(word.speaker)) for word in segment.words),
        )
        for segment in conversation.segments
    )
    return replace(
        conversation,
        segments=tuple(segments),
        turns=tuple(replace(turn, speaker=name(turn.speaker)) for turn in conversation.turns),
        speakers=tuple(dict.fromkeys(name(speaker) for speaker in conversation.speakers)),
        channels=tuple(name(speaker) for speaker in conversation.channels),
        identities=tuple(_identities(conversation.identities, old, new)),
    )


def _identities(identities: Sequence[Identity], old: str, new: str) -> Iterator[Identity]:
    """Of two speakers who are one now, the identity of the one who was called so before."""
    there = any(one.speaker == new for one in identities)
    for one in identities:
        if one.speaker != old or old == new:
            yield one
        elif not there:
            yield replace(one, speaker=new)


def _tidied(conversation: Conversation) -> Conversation:
    """Neighbours that are now one speaker's are one segment or turn, and whoever says nothing any more is gone."""
    joined = _joined(conversation.segments, conversation.language)
    segments = tuple(sorted(joined, key=lambda segment: segment.start))
    turns = tuple(_united(conversation.turns))
    heard = {item.speaker for item in (*segments, *turns)}
    speakers = tuple(speaker for speaker in conversation.speakers if speaker in heard)
    identities = tuple(one for one in conversation.identities if one.speaker in heard)
    return replace(conversation, segments=segments, turns=turns, speakers=speakers, identities=identities)


def _joined(segments: Iterable[Segment], language: str | None) -> list[Segment]:
    found: list[Segment] = []
    for segment in segments:
        if found and _goes_on(found[-1], segment):
            segment = segment_of((*found.pop().words, *segment.words), language)
        found.append(segment)
    return found


def _goes_on(left: Segment, right: Segment) -> bool:
    """Two channels of one speaker can talk at once: their words must not be shuffled."""
    if not (left.words and right.words and right.words[0].start >= left.words[-1].start):
        return False
    return not begins_segment(left.words, right.words[0])


def _handed_over(
    turns: Sequence[Turn], span: tuple[float, float], giver: str, taker: str, others: Sequence[Segment]
) -> list[Turn]:
    """What the giver says in ``span`` (s) is the taker's; all of it, where nothing is known of the giver there, and
    whole turns, where none of the ``others`` that the giver said lies in them."""
    (start, end), kept, given = span, list[Turn](), list[Turn]()
    for turn in turns:
        if turn.speaker != giver or turn.end <= start or turn.start >= end:
            kept.append(turn)
            continue
        if not any(other.start < turn.end and other.end > turn.start for other in others):
            given.append(replace(turn, speaker=taker))
            continue
        given.append(Turn(taker, max(turn.start, start), min(turn.end, end)))
        kept += [Turn(giver, turn.start, start)] if turn.start < start else []
        kept += [Turn(giver, end, turn.end)] if turn.end > end else []
    return kept + (given or [Turn(taker, start, end)])


def _united(turns: Iterable[Turn]) -> list[Turn]:
    """By start; turns of one speaker that meet are one."""
    found: dict[str, list[Turn]] = {}
    for turn in sorted(turns, key=lambda turn: (turn.start, turn.end)):
        own = found.setdefault(turn.speaker, [])
        if own and turn.start <= own[-1].end:
            own[-1] = replace(own[-1], end=max(own[-1].end, turn.end))
        else:
            own.append(turn)
    return sorted((turn for own in found.values() for turn in own), key=lambda turn: (turn.start, turn.end))


def with_names_of(before: Conversation, after: Conversation, given: re.Pattern[str]) -> Conversation:
    """``after``, in which other speakers were found, with the names of ``before`` that match ``given``: each goes to
    whoever speaks at the same times, the surest first. Names that were known by voice are found anew, and people who
    put names right know better."""
    after = _without_names(after)
    by_voice = {one.name for one in before.identities if one.name == one.speaker}
    names = [name for name in before.speakers if given.match(name) and name not in by_voice]
    free = set(after.speakers)
    for seconds, name, speaker in sorted(_shared_frames(before, after, names), key=lambda row: -row[0]):
        if seconds and speaker in free and name not in after.speakers:
            after = _relabelled(after, speaker, name)
            free.discard(speaker)
    return _with_names(after, free)


def _without_names(conversation: Conversation) -> Conversation:
    """As :func:`pipeline.conversation.build_conversation` would have made it of voices that nobody knows."""
    for index, speaker in enumerate(conversation.speakers):
        if speaker != (label := f"SPEAKER_{index:02d}"):
            conversation = _relabelled(conversation, speaker, label)
    return conversation


def _with_names(conversation: Conversation, free: Collection[str]) -> Conversation:
    """By voice, for those speakers who are ``free`` for that."""
    for one in conversation.identities:
        if one.name and one.speaker in free and one.name not in conversation.speakers:
            conversation = _relabelled(conversation, one.speaker, one.name)
    return conversation


def _shared_frames(before: Conversation, after: Conversation, names: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(frames, one of these speakers of before, a speaker of after) in which both speak."""
    if not names:
        return
    frames = int(max(before.duration, after.duration) / _FRAME) + 1
    theirs = [_active(after, speaker, frames) for speaker in after.speakers]
    for name in names:
        own = _active(before, name, frames)
        yield from ((int((own & other).sum()), name, s) for s, other in zip(after.speakers, theirs, strict=True))


def _active(conversation: Conversation, speaker: str, frames: int) -> np.ndarray:
    """bool (frames,)."""
    active = np.zeros(frames, bool)
    for turn in conversation.turns:
        if turn.speaker == speaker:
            active[round(turn.start / _FRAME) : round(turn.end / _FRAME)] = True
    return active
