"""TextGrid (Praat's long text format, UTF-8): a tier per speaker, for phoneticians.

The intervals of a tier may not overlap and must have a length. So segments of one speaker that overlap, as they may
after two speakers were merged, become one interval from the first start to the last end, with their texts in order;
and what has no length gets a millisecond. Nothing that was said is lost, only where each text in such an interval
began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from formats.cues import milliseconds
from formats.folding import fold
from formats.timed import timed_words
from pipeline.types import Conversation, Segment, Word

NAME = "textgrid"
MIMETYPE = "text/x-textgrid"
EXTENSION = "TextGrid"


@dataclass(frozen=True)
class Interval:
    """``start`` < ``end`` in whole milliseconds."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Tier:
    name: str
    intervals: tuple[Interval, ...]


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """A tier for each speaker, called like them, of segments; ``words`` adds one of their words, ``NAME - words``.

    A TextGrid has at least one tier and some length: an empty conversation has one nameless tier with nothing in it.
    """
    tiers = list(_tiers(conversation, words)) or [Tier("", ())]
    ends = [interval.end for tier in tiers for interval in tier.intervals]
    length = max([milliseconds(conversation.duration), *ends, 1])
    head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {_time(length)}"]
    head += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    body = [line for number, tier in enumerate(tiers, start=1) for line in _tier(number, tier, length)]
    return "\n".join([*head, *body]) + "\n"


def _tiers(conversation: Conversation, words: bool) -> Iterator[Tier]:
    speakers = [*conversation.speakers, *(segment.speaker for segment in conversation.segments)]
    for speaker in dict.fromkeys(map(fold, speakers)):
        said = [segment for segment in conversation.segments if fold(segment.speaker) == speaker]
        yield Tier(speaker, tuple(_apart(said)))
        if words:
            spoken = [word for segment in said for word in timed_words(segment)]
            yield Tier(f"{speaker} - words", tuple(_apart(spoken)))


def _apart(items: Iterable[Segment | Word]) -> Iterator[Interval]:
    """By start; those that overlap are one."""
    last: Interval | None = None
    for item in sorted(items, key=lambda item: (item.start, item.end)):
        start, text = milliseconds(item.start), fold(item.text)
        end = max(start + 1, milliseconds(item.end))
        if last and start < last.end:
            last = Interval(last.start, max(last.end, end), f"{last.text} {text}".strip())
            continue
        if last:
            yield last
        last = Interval(start, end, text)
    if last:
        yield last


def _tier(number: int, tier: Tier, length: int) -> Iterator[str]:
    intervals = list(_filled(tier.intervals, length))
    yield f"    item [{number}]:"
    yield '        class = "IntervalTier"'
    yield f"        name = {_quoted(tier.name)}"
    yield "        xmin = 0"
    yield f"        xmax = {_time(length)}"
    yield f"        intervals: size = {len(intervals)}"
    for index, interval in enumerate(intervals, start=1):
        yield f"        intervals [{index}]:"
        yield f"            xmin = {_time(interval.start)}"
        yield f"            xmax = {_time(interval.end)}"
        yield f"            text = {_quoted(interval.text)}"


def _filled(intervals: Iterable[Interval], length: int) -> Iterator[Interval]:
    """Praat wants the silence between them as well, without text."""
    done = 0
    for interval in intervals:
        if interval.start > done:
            yield Interval(done, interval.start, "")
        yield interval
        done = interval.end
    if done < length:
        yield Interval(done, length, "")


def _time(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
