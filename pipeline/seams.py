"""Two chunks that share some sound -> one row of words, with none lost and none doubled.

Both heard the words around the seam, each with less context towards its own edge. A word that both wrote at the same
time is the best place to change from one to the other; the nearer to the middle, the more context both had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    pair = _meeting(left, right, seam, shared)
    if not pair and _within(left, shared) and _within(right, shared):
        return _parted(left, right, seam)
    # One fell silent at its edge; a word there can lie within the shared sound on one side and without on the other.
    pair = pair or _meeting(left, right, seam, Span(shared.start - SAME, shared.end + SAME))
    if not pair:
        return list(left), list(right)
    first, second = pair
    return [*left[:first], _both(left[first], right[second])], list(right[second + 1 :])


def _both(ours: Stamped, theirs: Stamped) -> Stamped:
    """One word that both heard. Capitals depend on what was heard before it, punctuation at its end on what follows:
    a model likes to end a sentence where the sound ends."""
    return replace(ours, text=_stem(ours.text) + theirs.text[len(_stem(theirs.text)) :])


def _parted(left: Sequence[Stamped], right: Sequence[Stamped], seam: float) -> tuple[list[Stamped], list[Stamped]]:
    """No word in common: each keeps its side of the seam, and beyond it what lies before the other's first word, or
    after its last one. Times differ between the two, and else a word that each puts on the other's side is lost."""
    theirs = [word for word in right if word.at >= seam]
    until = theirs[0].start if theirs else math.inf
    ours = [word for word in left if word.at < seam or _middle(word) <= until]
    since = ours[-1].end if ours else -math.inf
    sooner = [word for word in right if word.at < seam and _middle(word) >= since]
    ours = [word for word in ours if word.at < seam] + _unheard([word for word in ours if word.at >= seam], theirs)
    return ours, _unheard(sooner, ours) + theirs


def _unheard(words: Sequence[Stamped], others: Sequence[Stamped]) -> list[Stamped]:
    """Of ``words`` those that are not among ``others`` too: at an edge of the shared sound one of them can time a word
    within it and the other without. Each of ``others`` stands for one word: what is said twice stays twice."""
    found, free = list[Stamped](), list(others)
    for word in words:
        twins = [other for other in free if _is_same(word, other)]
        if twins:
            free.remove(min(twins, key=lambda other: abs(other.at - word.at)))
        else:
            found.append(word)
    return found


def _meeting(left: Sequence[Stamped], right: Sequence[Stamped], seam: float, shared: Span) -> tuple[int, int] | None:
    """Indices of the word that both heard in the shared sound and agree on best, near the seam."""
    pairs = [
        (_JITTER_COSTS * abs(left[i].at - right[j].at) + abs((left[i].at + right[j].at) / 2 - seam), i, j)
        for i in _within(left, shared)
        for j in _within(right, shared)
        if _is_same(left[i], right[j])
    ]
    return min(pairs)[1:] if pairs else None


def _within(words: Sequence[Stamped], shared: Span) -> list[int]:
    return [index for index, word in enumerate(words) if shared.start <= word.at < shared.end]


def _is_same(ours: Stamped, theirs: Stamped) -> bool:
    """Whether both can be hearings of one word."""
    return abs(ours.at - theirs.at) <= SAME and _bare(ours.text) == _bare(theirs.text)


def _middle(word: Stamped) -> float:
    return (word.start + word.end) / 2


def _stem(text: str) -> str:
    """Without the punctuation at its end; all of it where there is nothing else."""
    return text[: max((index for index, sign in enumerate(text, 1) if sign.isalnum()), default=len(text))]


def _bare(text: str) -> str:
    """Without capitals and punctuation, which depend on what a chunk heard before and after."""
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text
