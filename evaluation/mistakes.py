"""Where the errors of a diarization are: the stretches whose seconds evaluation/der.py counts without a collar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from evaluation.der import match_speakers
from pipeline.types import Span, Turn

Kind = Literal["missed", "false alarm", "confusion"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_Stretch = tuple[float, float, set[str], set[str]]  # start, end, speakers of the reference, of the hypothesis


@dataclass(frozen=True)
class Mistake:
    """speaker: of the reference where it is missed, else of the hypothesis."""

    kind: Kind
    speaker: str
    start: float
    end: float


@dataclass(frozen=True)
class Comparison:
    """matched: {speaker of the hypothesis: of the reference}."""

    matched: dict[str, str]
    mistakes: tuple[Mistake, ...]
    speech: float

    def seconds(self, kind: Kind) -> float:
        return sum(each.end - each.start for each in self.mistakes if each.kind == kind)

    @property
    def rate(self) -> float | None:
        """DER as a share of the reference speech; None where there is none."""
        return sum(each.end - each.start for each in self.mistakes) / self.speech if self.speech else None


def compare(reference: Sequence[Turn], hypothesis: Sequence[Turn], region: Span) -> Comparison:
    """Within ``region``. Speakers are matched as der.py has it; of several who are wrong at once the first by name are
    the confused ones."""
    reference, hypothesis = (_within(turns, region) for turns in (reference, hypothesis))
    matched = match_speakers(reference, hypothesis)
    pieces, speech = list[Mistake](), 0.0
    for start, end, theirs, ours in _stretches(reference, hypothesis):
        speech += len(theirs) * (end - start)
        pieces += [Mistake(kind, speaker, start, end) for kind, speaker in _wrong(theirs, ours, matched)]
    return Comparison(matched, tuple(_joined(pieces)), speech)


def _wrong(theirs: set[str], ours: set[str], matched: dict[str, str]) -> Iterator[tuple[Kind, str]]:
    """Of those who speak at one time by the reference, and by the hypothesis."""
    missing = sorted(theirs - {matched.get(speaker) for speaker in ours})
    extra = sorted(speaker for speaker in ours if matched.get(speaker) not in theirs)
    for place, speaker in enumerate(extra):
        yield "confusion" if place < len(missing) else "false alarm", speaker
    for speaker in missing[len(extra) :]:
        yield "missed", speaker


def _stretches(reference: Sequence[Turn], hypothesis: Sequence[Turn]) -> Iterator[_Stretch]:
    """Between any two times at which somebody begins or ends."""
    changes = sorted(_changes(reference, 0) + _changes(hypothesis, 1), key=lambda change: change[0])
    speaking, place = (Counter[str](), Counter[str]()), 0
    for start, end in pairwise(sorted({time for time, *_ in changes})):
        while changes[place][0] <= start:
            _, side, step, speaker = changes[place]
            speaking[side][speaker] += step
            place += 1
        theirs, ours = ({name for name, count in side.items() if count} for side in speaking)
        yield start, end, theirs, ours


def _changes(turns: Sequence[Turn], side: int) -> list[tuple[float, int, int, str]]:
    ends = [(turn.end, side, -1, turn.speaker) for turn in turns]
    return ends + [(turn.start, side, 1, turn.speaker) for turn in turns]


def _joined(pieces: Iterable[Mistake]) -> list[Mistake]:
    """Those that touch, as one."""
    open_ones: dict[tuple[Kind, str], Mistake] = {}
    done = list[Mistake]()
    for piece in pieces:
        key = piece.kind, piece.speaker
        before = open_ones.get(key)
        if before and before.end == piece.start:
            open_ones[key] = Mistake(*key, before.start, piece.end)
            continue
        if before:
            done.append(before)
        open_ones[key] = piece
    return sorted([*done, *open_ones.values()], key=lambda each: (each.start, each.end, each.kind, each.speaker))


def _within(turns: Sequence[Turn], region: Span) -> list[Turn]:
    inside = [turn for turn in turns if min(turn.end, region.end) > max(turn.start, region.start)]
    return [Turn(turn.speaker, max(turn.start, region.start), min(turn.end, region.end)) for turn in inside]
