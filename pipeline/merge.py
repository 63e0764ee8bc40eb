"""Merge: each word gets a speaker.

The cheapest path through the words (Viterbi, 1967): a word costs what the turns of its speaker leave uncovered, and
a change of speaker costs something too, least where people do change: after a full stop, at a pause. So a word whose
time is a little off stays in its sentence, and a short answer between two long turns is still heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pipeline.types import Turn, Word

CHANGE = 0.3  # seconds of uncovered speech that a change of speaker inside a sentence must explain
AT_COMMA = 0.2  # the same after a comma,
AT_STOP = 0.04  # after a full stop, question or exclamation mark,
AT_PAUSE = 0.08  # and where at least PAUSE lies between two words
PAUSE = 0.35  # seconds
NEAR = 0.5  # seconds over which a word outside every turn still counts as close to one
LONGEST = 1.0  # seconds of one word that count: recognisers stretch words over silence
OVERLAPPED = 0.3  # share of a word in which another speaker is heard too

_STOPS, _COMMAS = tuple(".?!。？！…"), tuple(",;:、，；：")


def assign_speakers(words: Sequence[Word], turns: Sequence[Turn]) -> list[Word]:
    """The words with speaker, speaker_confidence (0-1) and overlap set; unchanged where there are no turns."""
    return _assigned(words, turns, _best)


def settled_speakers(words: Sequence[Word], turns: Sequence[Turn]) -> list[Word]:
    """As :func:`assign_speakers`, but of the first words only as many as no later word can give another speaker."""
    return _assigned(words, turns, _common) if turns else []


def _assigned(words: Sequence[Word], turns: Sequence[Turn], choose: Callable[[Paths], list[int]]) -> list[Word]:
    """choose: the speaker of each of the first words, from all cheapest paths."""
    speakers = sorted({turn.speaker for turn in turns})
    if not words or not speakers:
        return list(words)
    covered = _coverage(words, turns, speakers)
    closeness = np.maximum(covered, _nearness(words, turns, speakers))
    seconds = np.clip([word.end - word.start for word in words], 0.05, LONGEST)
    path = choose(_cheapest_paths((1 - closeness) * seconds[:, None], _change_costs(words)))
    return [
        replace(
            word,
            speaker=speakers[k],
            speaker_confidence=round(float(closeness[i, k] / max(closeness[i].sum(), 1.0)), 4),
            overlap=_overlapped(covered[i], k),
        )
        for i, (word, k) in enumerate(zip(words, path, strict=False))
    ]


def mark_overlap(words: Sequence[Word], turns: Sequence[Turn]) -> list[Word]:
    """Words that have their speaker, with overlap set where another speaker is heard too."""
    speakers = sorted({turn.speaker for turn in turns})
    if not words:
        return []
    covered = _coverage(words, turns, speakers)
    return [
        replace(word, overlap=_overlapped(row, speakers.index(str(word.speaker))))
        for word, row in zip(words, covered, strict=True)
    ]


def _overlapped(covered: np.ndarray, own: int) -> bool:
    return bool((np.delete(covered, own) > OVERLAPPED).any())


def _coverage(words: Sequence[Word], turns: Sequence[Turn], speakers: Sequence[str]) -> np.ndarray:
    """Share of each word inside the turns of each speaker: float (words, speakers)."""
    start, end = _bounds(words)
    covered = np.zeros((len(words), len(speakers)))
    for k, speaker in enumerate(speakers):
        edges = np.array([(turn.start, turn.end) for turn in turns if turn.speaker == speaker])
        covered[:, k] = _spoken_until(edges, end) - _spoken_until(edges, start)
    return covered / (end - start)[:, None]


def _nearness(words: Sequence[Word], turns: Sequence[Turn], speakers: Sequence[str]) -> np.ndarray:
    """Up to a half for a word that only just misses a turn of a speaker: float (words, speakers)."""
    start, end = _bounds(words)
    near = np.zeros((len(words), len(speakers)))
    for k, speaker in enumerate(speakers):
        edges = np.array([(turn.start, turn.end) for turn in turns if turn.speaker == speaker])
        after = np.searchsorted(edges[:, 0], start)
        ahead = edges[np.minimum(after, len(edges) - 1), 0] - end
        behind = start - edges[np.maximum(after - 1, 0), 1]
        gap = np.minimum(np.where(after < len(edges), ahead, np.inf), np.where(after > 0, behind, np.inf))
        near[:, k] = 0.5 * np.exp(-np.maximum(gap, 0) / NEAR)
    return near


def _bounds(words: Sequence[Word]) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([word.start for word in words])
    return start, np.maximum([word.end for word in words], start + 0.02)


def _spoken_until(edges: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Seconds inside the turns (n, 2), sorted and disjoint, before each time."""
    total = np.concatenate([[0.0], np.cumsum(edges[:, 1] - edges[:, 0])])
    begun = np.searchsorted(edges[:, 0], times)
    last = np.maximum(begun - 1, 0)
    unfinished = np.where(begun > 0, np.maximum(edges[last, 1] - times, 0), 0)
    return total[begun] - unfinished


def _change_costs(words: Sequence[Word]) -> np.ndarray:
    """What a change of speaker before each word costs: float (words,)."""

    def cost(left: Word, right: Word) -> float:
        if left.text.endswith(_STOPS):
            return AT_STOP
        pause = AT_PAUSE if right.start - left.end >= PAUSE else CHANGE
        return min(pause, AT_COMMA if left.text.endswith(_COMMAS) else CHANGE)

    return np.array([0.0, *(cost(left, right) for left, right in pairwise(words))])


@dataclass(frozen=True)
class Paths:
    """came_from: int (words, speakers), the speaker of the word before on the cheapest path to each; total: float
    (speakers,), what the paths cost in all."""

    came_from: np.ndarray
    total: np.ndarray

    def back(self, last: np.ndarray) -> Iterator[np.ndarray]:
        """From the last word to the first: where the paths are that end at these speakers."""
        yield last
        for row in self.came_from[:0:-1]:
            last = np.unique(row[last])
            yield last


def _best(paths: Paths) -> list[int]:
    """The speaker of each word."""
    return [int(here[0]) for here in paths.back(np.array([paths.total.argmin()]))][::-1]


def _common(paths: Paths) -> list[int]:
    """Those of the first words, in which all paths agree: whatever follows goes on from one of them."""
    backward = list(paths.back(np.arange(len(paths.total))))
    return [int(here[0]) for here in backward[::-1] if len(here) == 1]


def _cheapest_paths(cost: np.ndarray, change: np.ndarray) -> Paths:
    """cost: (words, speakers); change: (words,)."""
    words, speakers = cost.shape
    came_from = np.zeros((words, speakers), int)
    total = cost[0]
    for i in range(1, words):
        cheapest = int(total.argmin())
        switched = total[cheapest] + change[i] < total
        came_from[i] = np.where(switched, cheapest, np.arange(speakers))
        total = np.where(switched, total[cheapest] + change[i], total) + cost[i]
    return Paths(came_from, total)
