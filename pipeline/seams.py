"""Two chunks that share some sound -> one row of words, with none lost and none doubled.

Both heard the words around the seam, each with less context towards its own edge. A word that both wrote at the same
time is the best place to change from one to the other; the nearer to the middle, the more context both had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipeline.chunks import Chunk
from pipeline.nemo_words import Stamped
from pipeline.types import Span

SAME = 0.3  # s between two hearings of one word, at most
_JITTER_COSTS = 10.0  # s of distance from the seam that a word is worth for each s by which its hearings agree better


def joined(heard: Mapping[Chunk, Sequence[Stamped]], chunks: Sequence[Chunk]) -> list[tuple[Chunk, list[Stamped]]]:
    """The words to keep of each chunk. chunks: in time order; heard: their words, in s of the recording."""
    kept = [(chunk, list(heard[chunk])) for chunk in chunks]
    for index, (left, right) in enumerate(pairwise(chunks)):
        if right.seam is not None and left.span.end > right.span.start:
            shared = Span(right.span.start, left.span.end)
            ours, theirs = join(kept[index][1], kept[index + 1][1], right.seam, shared)
            kept[index : index + 2] = [(left, ours), (right, theirs)]
    return kept


def join(
    left: Sequence[Stamped], right: Sequence[Stamped], seam: float, shared: Span
) -> tuple[list[Stamped], list[Stamped]]:
    """What to keep of both. Times in s of the recording; shared: the sound that both heard; seam: its middle."""
    if (pair := _meeting(left, right, seam, shared)) is not None:
        return list(left[: pair[0] + 1]), list(right[pair[1] + 1 :])
    if not _within(left, shared) or not _within(right, shared):  # one of them fell silent at its edge
        return list(left), list(right)
    return [word for word in left if word.at < seam], [word for word in right if word.at >= seam]


def _meeting(left: Sequence[Stamped], right: Sequence[Stamped], seam: float, shared: Span) -> tuple[int, int] | None:
    """Indices of the word that both heard in the shared sound and agree on best, near the seam."""
    pairs = [
        (_JITTER_COSTS * abs(left[i].at - right[j].at) + abs((left[i].at + right[j].at) / 2 - seam), i, j)
        for i in _within(left, shared)
        for j in _within(right, shared)
        if _bare(left[i].text) == _bare(right[j].text) and abs(left[i].at - right[j].at) <= SAME
    ]
    return min(pairs)[1:] if pairs else None


def _within(words: Sequence[Stamped], shared: Span) -> list[int]:
    return [index for index, word in enumerate(words) if shared.start <= word.at < shared.end]


def _bare(text: str) -> str:
    """Without capitals and punctuation, which depend on what a chunk heard before and after."""
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text
