"""Speech regions -> chunks: stretches of the recording, each heard in one go.

Regions with a short pause between them are heard together, pause included: a recogniser writes better with context.
A chunk ends at the longest pause in reach. Speech that does not pause for a whole chunk is cut at its quietest
instants, and the chunks to both sides of such a seam share some sound: ``pipeline/seams.py`` joins their words.
A chunk is never spliced, so an instant t of it is ``span.start + t`` of the recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.types import SAMPLE_RATE, Audio, Span
from pipeline.windows import split

PAUSE = 1.0  # s: speech that pauses for longer is heard apart
_ROUNDING = 1e-6  # of a chunk, so that n times its length is n chunks


@dataclass(frozen=True)
class Chunk:
    """span: what is heard, s of the recording; regions: the speech in it; seam: the quiet instant at which it takes
    over from the chunk before, whose end it shares; None where it begins with a region."""

    span: Span
    regions: tuple[Span, ...]
    seam: float | None = None


def chunks(regions: Sequence[Span], audio: Audio, *, longest: float, overlap: float) -> list[Chunk]:
    """All of ``regions`` (s; sorted, apart) as chunks of at most ``longest`` s; ``overlap``: s shared at a seam."""
    found: list[Chunk] = []
    for group in _groups(_on_samples(regions, audio.duration), longest):
        if len(group) == 1 and group[0].duration > longest:
            found += _overlapping(group[0], audio, longest, overlap)
        else:
            found.append(Chunk(Span(group[0].start, group[-1].end), tuple(group)))
    return found


def fitting(longest: float, seconds: float) -> int:
    """How many chunks of up to ``longest`` s go together: at most ``seconds`` s, padding to the longest of them
    included, but never less than one chunk."""
    return max(1, int(seconds / longest + _ROUNDING))


def _on_samples(regions: Sequence[Span], duration: float) -> list[Span]:
    """Regions on whole samples, within the recording; empty ones left out."""
    last = round(duration * SAMPLE_RATE)
    edges = [(round(r.start * SAMPLE_RATE), min(round(r.end * SAMPLE_RATE), last)) for r in regions]
    return [Span(start / SAMPLE_RATE, end / SAMPLE_RATE) for start, end in edges if start < end]


def _groups(regions: Sequence[Span], longest: float) -> Iterator[list[Span]]:
    """Regions that are heard together: short pauses between them and no longer than ``longest`` s, if one alone
    is not."""
    group: list[Span] = []
    for region in regions:
        if group and region.start - group[-1].end > PAUSE:
            yield group
            group = []
        group.append(region)
        while len(group) > 1 and group[-1].end - group[0].start > longest:
            first = _longest_pause(group, longest)
            yield group[:first]
            group = group[first:]
    if group:
        yield group


def _longest_pause(group: Sequence[Span], longest: float) -> int:
    """Index of the region after the longest pause that a chunk from the start of ``group`` can end at; those in the
    chunk's last half are preferred, as short chunks lack context."""
    pauses = [
        (left.end - group[0].start >= longest / 2, right.start - left.end, index)
        for index, (left, right) in enumerate(pairwise(group), 1)
        if index == 1 or left.end - group[0].start <= longest
    ]
    return max(pauses)[2]


def _overlapping(region: Span, audio: Audio, longest: float, overlap: float) -> list[Chunk]:
    parts = split(region, audio, longest - overlap)
    wider = round(overlap / 2 * SAMPLE_RATE) / SAMPLE_RATE
    return [
        Chunk(
            Span(max(region.start, part.start - wider), min(region.end, part.end + wider)),
            (region,),
            part.start if part.start > region.start else None,
        )
        for part in parts
    ]
