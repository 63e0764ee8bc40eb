"""A conversation -> clips: each one voice, cut in pauses, with the words between its edges; and what was not taken.

A recogniser's times are a tenth of a second off and often leave nothing between two words, so that a pause is looked
for in the sound, near where the words have it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from corpora.levels import Levels
from corpora.turns import Turns
from errors import InvalidOption
from pipeline.types import Conversation, Segment, Span, Turn, Word

Reason = Literal["overlapped", "clipped", "low_confidence", "no_pause", "too_short", "too_long", "no_text"]
REASONS: dict[Reason, str] = {
    "overlapped": "somebody else speaks too",
    "clipped": "samples at full scale",
    "low_confidence": "the recogniser was not sure",
    "no_pause": "no pause where the voice changes",
    "too_short": "shorter than --min",
    "too_long": "longer than --max, in one word",
    "no_text": "nothing that can be written",
}
MARGIN = 0.25  # s of the pause that stay on each side of what is said,
TRIMMED = 0.05  # and with --trim
_REACH = 0.2  # s by which a pause may reach into a word by its times, but never beyond its middle
_NEAR = 0.5  # s after a word, or before it, in which its pause must begin: what is said in between was not written down
_TOLERATED = 0.1  # s of another's turn that may be a border drawn too late
_AT_FULL_SCALE = 3  # samples: one or two are the peak of a recording that was brought to full scale


@dataclass(frozen=True)
class Rules:
    """s, s, and the share (0-1) of certainty that the words of a phrase must have on average; trim: leave no more than
    TRIMMED s of silence at the edges."""

    shortest: float = 1.0
    longest: float = 30.0
    confidence: float = 0.7
    trim: bool = False

    def __post_init__(self) -> None:
        if not 0.1 <= self.shortest <= self.longest <= 600:
            raise InvalidOption("--min must be at least 0.1 s, and --max from --min to 600 s.", field="min")
        if not 0 <= self.confidence <= 1:
            raise InvalidOption("--min-confidence must be from 0 to 1.", field="min-confidence")


@dataclass(frozen=True)
class Clip:
    """What ``speaker`` says in ``span``."""

    speaker: str
    span: Span
    words: tuple[Word, ...]

    @property
    def confidence(self) -> float | None:
        """The mean of its words'; None where the recogniser does not tell."""
        return _confidence(self.words)


@dataclass(frozen=True)
class Dropped:
    """Words that are in no clip."""

    reason: Reason
    span: Span


@dataclass(frozen=True)
class Cuts:
    clips: tuple[Clip, ...]
    dropped: tuple[Dropped, ...]


def cut(conversation: Conversation, levels: Levels, rules: Rules) -> Cuts:
    """The clips of a recording, by time. levels: of its sound."""
    segments = [segment for segment in conversation.segments if segment.words]
    ends = sorted(word.end for segment in segments for word in segment.words)
    starts = sorted(word.start for segment in segments for word in segment.words)
    turns = Turns(conversation.turns)
    made: list[Clip | Dropped] = []
    for segment in segments:
        first, last = segment.words[0], segment.words[-1]
        earlier, later = bisect_right(ends, _middle(first)), bisect_left(starts, _middle(last))
        before = ends[earlier - 1] if earlier else 0.0
        after = starts[later] if later < len(starts) else levels.duration
        made += _Cutter(segment, Span(before, max(before, after)), turns.beside(segment), levels, rules).cut()
    made.sort(key=lambda one: (one.span.start, one.span.end))
    clips = tuple(one for one in made if isinstance(one, Clip))
    return Cuts(clips, tuple(one for one in made if isinstance(one, Dropped)))


@dataclass(frozen=True)
class _Cutter:
    """Cuts one segment. between: the end of the last word before it and the start of the first after it, anybody's;
    others: turns of other speakers beside it."""

    segment: Segment
    between: Span
    others: Sequence[Turn]
    levels: Levels
    rules: Rules

    def cut(self) -> Iterator[Clip | Dropped]:
        inner = [index for index in range(1, len(self._words)) if self._pauses[index]]
        phrases = list(zip([0, *inner], [*inner, len(self._words)], strict=True))
        for reason, group in groupby(phrases, key=self._wrong):
            rows = list(group)
            first, last = rows[0][0], rows[-1][1]
            if reason:
                yield Dropped(reason, Span(self._words[first].start, max(word.end for word in self._words[first:last])))
            else:
                yield from (self._clip(*piece) for piece in self._pieces(first, last, self._edges(first, last)))

    @property
    def _words(self) -> tuple[Word, ...]:
        return self.segment.words

    @cached_property
    def _limit(self) -> float:
        return self.levels.quiet_below(Span(self.segment.start, max(self.segment.end, self.segment.start + 0.1)))

    @cached_property
    def _pauses(self) -> list[tuple[Span, Span] | None]:
        """Before each word, and after the last: the pause that what is before ends in, and the pause that what is
        after begins in, which may be the same; None where there is none."""
        return [self._pause(index) for index in range(len(self._words) + 1)]

    def _pause(self, index: int) -> tuple[Span, Span] | None:
        left = self._words[index - 1] if index else None
        right = self._words[index] if index < len(self._words) else None
        if (left and left.interpolated) or (right and right.interpolated):
            return None
        end, start = left.end if left else self.between.start, right.start if right else self.between.end
        low = max(end - _REACH, _middle(left) if left else 0.0, 0.0)
        high = min(start + _REACH, _middle(right) if right else self.levels.duration)
        found = self.levels.pauses(low, high, self._limit) or self._border(left, right)
        if not found or (left and found[0].start > end + _NEAR) or (right and found[-1].end < start - _NEAR):
            return None
        return found[0], found[-1]

    def _border(self, left: Word | None, right: Word | None) -> list[Span]:
        """The recording's own beginning or end, where no word is beyond it: files may be cut close to the voice."""
        end = self.levels.duration
        if left is None and self.between.start == 0 and right and right.start < _NEAR:
            return [Span(0.0, 0.0)]
        if right is None and self.between.end >= end and left and left.end > end - _NEAR:
            return [Span(end, end)]
        return []

    def _wrong(self, phrase: tuple[int, int]) -> Reason | None:
        """Why the words from the first up to the last cannot be used."""
        first, last = phrase
        words = self._words[first:last]
        start, end = words[0].start, max(word.end for word in words)
        shared = sum(max(0.0, min(end, turn.end) - max(start, turn.start)) for turn in self.others)
        if shared > _TOLERATED or any(word.overlap for word in words):
            return "overlapped"
        if not (self._pauses[first] and self._pauses[last]):
            return "no_pause"
        confidence = _confidence(words)
        return "low_confidence" if confidence is not None and confidence < self.rules.confidence else None

    def _edges(self, first: int, last: int) -> Span:
        """Where a clip of these words begins and ends: so much of the pauses around it stays."""
        margin = TRIMMED if self.rules.trim else MARGIN
        start, end = self._pause_or_moment(first)[1], self._pause_or_moment(last)[0]
        return Span(max(start.end - margin, _centre(start)), min(end.start + margin, _centre(end)))

    def _pieces(self, first: int, last: int, span: Span) -> Iterator[tuple[int, int, Span]]:
        """The words of a span, cut until no piece is too long: in the longest pause or, without one, between the two
        words where it is quietest."""
        if span.duration <= self.rules.longest or last - first < 2:
            yield first, last, span
            return
        at, left, right = self._best_cut(first, last, span)
        yield from self._pieces(first, at, Span(span.start, left))
        yield from self._pieces(at, last, Span(right, span.end))

    def _best_cut(self, first: int, last: int, span: Span) -> tuple[int, float, float]:
        """Before which word to cut, where what is before ends, and where what is after begins."""
        inner = range(first + 1, last)
        apart = [index for index in inner if self._long_enough(index, span)] or [*inner]
        if paused := [index for index in apart if self._pauses[index]]:
            at = max(paused, key=lambda index: (round(self._quiet_for(index), 1), -abs(index - (first + last) / 2)))
            return at, self._edges(first, at).end, self._edges(at, last).start
        moments = {index: self._quietest(index) for index in apart}
        at = min(apart, key=lambda index: moments[index][1])
        return at, moments[at][0], moments[at][0]

    def _long_enough(self, index: int, span: Span) -> bool:
        """Whether a cut before the word leaves enough on both sides."""
        at = self._words[index].start
        return min(at - span.start, span.end - at) >= self.rules.shortest

    def _pause_or_moment(self, index: int) -> tuple[Span, Span]:
        if pause := self._pauses[index]:
            return pause
        moment, _ = self._quietest(min(max(index, 1), len(self._words) - 1))
        return Span(moment, moment), Span(moment, moment)

    def _quiet_for(self, index: int) -> float:
        first, last = self._pause_or_moment(index)
        return last.end - first.start

    def _quietest(self, index: int) -> tuple[float, float]:
        """Between two words; only as far into them as times are wrong where these leave nothing between them."""
        left, right = self._words[index - 1], self._words[index]
        slack = max(0.0, 0.05 - (right.start - left.end) / 2)
        return self.levels.quietest(max(left.end - slack, _middle(left)), min(right.start + slack, _middle(right)))

    def _clip(self, first: int, last: int, span: Span) -> Clip | Dropped:
        if span.duration < self.rules.shortest:
            return Dropped("too_short", span)
        if span.duration > self.rules.longest:
            return Dropped("too_long", span)
        if self.levels.clipped(span) >= _AT_FULL_SCALE:
            return Dropped("clipped", span)
        return Clip(self.segment.speaker, span, self._words[first:last])


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _centre(span: Span) -> float:
    return (span.start + span.end) / 2


def _confidence(words: Sequence[Word]) -> float | None:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else None
