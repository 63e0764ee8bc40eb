"""Conversation: words and turns to what people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pipeline.known import Identity
from pipeline.languages import joined
from pipeline.types import Conversation, Segment, Turn, Word

LONG_PAUSE = 2.0  # seconds after which the same speaker begins a new segment
LONGEST = 30.0  # seconds after which a segment ends with its sentence
_STOPS = tuple(".?!。？！…")
_BCP_47 = {"jw": "jv"}  # Whisper's codes are BCP-47 but for Javanese


def build_conversation(
    streams: Sequence[Sequence[Word]],
    turns: Sequence[Turn],
    duration: float,
    language: str | None,
    identities: Sequence[Identity] = (),
) -> Conversation:
    """streams: words with a speaker, each stream by start time, one for each sound that was recognised by itself;
    turns: by start time. Speakers come out as SPEAKER_00, SPEAKER_01, ... by first appearance: in the text, then
    those of whom no word was understood; but those whose identity is known are called by their names. language: a code
    of Whisper's."""
    spoken = sorted((word for words in streams for word in words), key=lambda word: (word.start, word.end))
    order = dict.fromkeys([*(str(word.speaker) for word in spoken), *(turn.speaker for turn in turns)])
    names = _names(order, named(identities))
    # People who talk over each other on two channels each keep their sentence.
    segments = [_segment(group, names, language) for words in streams for group in _groups(words)]
    return Conversation(
        segments=tuple(sorted(segments, key=lambda segment: (segment.start, segment.end))),
        turns=tuple(replace(turn, speaker=names[turn.speaker]) for turn in turns),
        speakers=tuple(names.values()),
        duration=duration,
        language=_BCP_47.get(language or "", language),
        identities=tuple(replace(one, speaker=names[one.speaker]) for one in identities if one.speaker in names),
    )


def named(identities: Sequence[Identity]) -> dict[str, str]:
    """{speaker: name} of those who are known."""
    return {one.speaker: one.name for one in identities if one.name}


def _names(order: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    return {speaker: known.get(speaker, f"SPEAKER_{index:02d}") for index, speaker in enumerate(order)}


def finished_segments(
    words: Sequence[Word], language: str | None, known: Mapping[str, str] = MappingProxyType({})
) -> list[Segment]:
    """The segments that :func:`build_conversation` will make of these first words of a single stream, whatever follows
    them; the last one may still grow. words: with a speaker; known: as :func:`named` gives it."""
    groups = list(_groups(words))[:-1]
    order = dict.fromkeys(str(word.speaker) for group in groups for word in group)
    names = _names(order, known)
    return [_segment(group, names, language) for group in groups]


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Runs of one speaker, cut at long pauses and, when they grow too long, at the end of a sentence."""
    group: list[Word] = []
    for word in words:
        if group and begins_segment(group, word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def begins_segment(group: Sequence[Word], word: Word) -> bool:
    """Whether ``word`` is no more of the segment that ``group`` is."""
    last = group[-1]
    too_long = word.end - group[0].start > LONGEST and last.text.endswith(_STOPS)
    return word.speaker != last.speaker or word.start - last.end > LONG_PAUSE or too_long


def _segment(words: Sequence[Word], names: dict[str, str], language: str | None) -> Segment:
    return segment_of([replace(word, speaker=names[str(word.speaker)]) for word in words], language)


def segment_of(words: Sequence[Word], language: str | None) -> Segment:
    """Of words of one speaker; at least one."""
    return Segment(
        speaker=str(words[0].speaker),
        start=words[0].start,
        end=max(word.end for word in words),
        text=joined((word.text for word in words), language),
        words=tuple(words),
    )
