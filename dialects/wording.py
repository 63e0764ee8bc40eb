"""What was said, as dialects ask for it: with punctuation and capitals or without, by words, sentences and captions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.languages import joined
from pipeline.types import Conversation, Segment, Word

_STOPS = tuple(".?!。？！…")
# What a word may begin or end with that is none of it. Apostrophes, percent signs and hyphens may be part of it.
_MARKS = '.,;:!?…。、，；：？！¿¡"“”„‟«»()[]{}「」『』（）—–'


def passages(conversation: Conversation) -> list[Segment]:
    """The segments that hold words, by start; one of which only the text is known is a single word."""
    found = sorted(conversation.segments, key=lambda segment: (segment.start, segment.end))
    return [segment for segment in map(_worded, found) if segment.words]


def _worded(segment: Segment) -> Segment:
    whole = (Word(segment.text, segment.start, segment.end),) if segment.text.strip() else ()
    words = tuple(replace(word, speaker=segment.speaker) for word in segment.words or whole)
    return replace(segment, words=words)


def written(words: Iterable[Word], punctuated: bool = True, capitals: bool = True) -> list[Word]:
    return [replace(word, text=plain(word.text, punctuated, capitals)) for word in words]


def plain(text: str, punctuated: bool = False, capitals: bool = False) -> str:
    """A word without punctuation at its ends and without capitals, or with either; never empty because of that."""
    bare = text if punctuated else text.strip(_MARKS) or text
    return bare if capitals else bare.lower()


def text_of(words: Iterable[Word], language: str | None) -> str:
    return joined((word.text for word in words), language)


def sentences(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words up to the one that ends a sentence, and what is left at the end."""
    first = 0
    for index, word in enumerate(words, 1):
        if index == len(words) or word.text.endswith(_STOPS):
            yield words[first:index]
            first = index


def split_at_pauses(words: Sequence[Word], longest: float) -> Iterator[Sequence[Word]]:
    """longest: s of a pause that words are not split at."""
    first = 0
    for index, word in enumerate(words, 1):
        if index == len(words) or words[index].start - word.end > longest:
            yield words[first:index]
            first = index


def mean_confidence(words: Sequence[Word]) -> float:
    """Of those words that have one; 0.0 where none has."""
    known = [word.confidence for word in words if word.confidence is not None]
    return share(sum(known) / len(known)) if known else 0.0


def share(value: float | None) -> float:
    """To four digits; 0.0 for what is not known, where a dialect wants a number."""
    return round(float(value or 0.0), 4)


def in_order(conversation: Conversation) -> tuple[str, ...]:
    """All speakers by first appearance, those whom no list names last."""
    named = (item.speaker for item in (*conversation.segments, *conversation.turns))
    return tuple(dict.fromkeys([*conversation.speakers, *named]))
