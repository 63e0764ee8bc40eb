"""Clustering: which pieces of speech are the same voice, and how many voices there are.

Two pieces of one voice are less alike the shorter they are, while pieces of different voices keep a constant
likeness. :func:`similarity` undoes that, so that 1 means "as alike as one voice is at these lengths" and 0 "as
alike as two voices are", and one threshold between them holds for every length. docs/diarization.md has the
measurements behind each constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster

from pipeline.linkage import height, tree
from pipeline.overlap import Overlap
from pipeline.pieces import Piece
from pipeline.stretches import Stretches

# CAM++: mean cosine of one voice is SAME / sqrt((1 + SHORT / T1)(1 + SHORT / T2)), of two voices OTHER.
SAME, SHORT, OTHER = 0.93, 0.78, 0.39
THRESHOLD = 0.55  # mean similarity of two clusters from which they are one voice, where voices keep to themselves
ADAPT = 0.5  # as usual; how far the threshold follows a recording whose voices keep closer or less close than that
LEVELS = (0.8, 1.3)  # what is believed of how close they keep
MIN_CLEAN = 0.8  # seconds alone that a piece needs to have a say in the number of voices
MIN_VOICE = 2.0  # seconds: a cluster with less is dissolved,
STRANGER = 0.2  # unless nobody is more similar to it than this
MIN_GIVEN = 1.0  # seconds a voice should have when the number of voices is given
ONE_VOICE = 0.75  # similarity above which speech is not split even for a given number
TOGETHER = 0.4  # seconds of joint speech that make two pieces two people
FIRM = 1.5  # seconds alone from which a piece keeps its voice all the same
KEPT = 0.3  # similarity that a piece with a say has in advance to the voice it helped to find
BLOCK = 1_500  # pieces clustered at once: memory grows with the square
SURE = 0.8  # similarity from which pieces of a block are put together for good


@dataclass(frozen=True)
class Bounds:
    """How many voices there may be; low == high where the number is given."""

    low: int = 1
    high: int = 10**6


def similarity(a: np.ndarray, b: np.ndarray, seconds_a: np.ndarray, seconds_b: np.ndarray) -> np.ndarray:
    """Unit vectors (n, d), (m, d) with their seconds of speech -> float (n, m); about 1 one voice, about 0 two."""

    def shrink(seconds: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(1 + SHORT / np.maximum(seconds, 0.1))

    same = SAME * np.outer(shrink(seconds_a), shrink(seconds_b))
    # Very short pieces say nothing: keep the scale away from zero.
    return (a @ b.T - OTHER) / np.maximum(same - OTHER, 0.1)


def cluster(vectors: np.ndarray, pieces: Sequence[Piece], overlap: Overlap, bounds: Bounds) -> np.ndarray:
    """The voice of each piece: int (pieces,), 0, 1, ... vectors: float32 (pieces, d), unit length."""
    if not pieces:
        return np.zeros(0, int)
    counted = _counted(pieces)
    seconds = np.array([piece.seconds for piece in pieces])
    voices = _voices(vectors[counted], seconds[counted], bounds)
    centroids, weight = centroids_of(vectors[counted], seconds[counted], voices)
    likeness = similarity(vectors, centroids, seconds, weight)
    likeness[counted, voices] += KEPT
    heard, labels = np.unique(_assign(likeness, pieces, overlap), return_inverse=True)
    wanted = min(bounds.low, len(pieces))
    if len(heard) < wanted:
        odd = _oddest(likeness[:, heard], labels, wanted - len(heard))
        own = similarity(vectors, vectors[odd], seconds, seconds[odd])
        own[odd, np.arange(len(odd))] = 100.0  # a seed stays where it is
        likeness = np.concatenate([likeness[:, heard], own], 1)
        labels = _assign(likeness, pieces, overlap)
        # A seed may have drawn the last piece of another voice away.
        odd = _oddest(likeness, labels, wanted - len(set(labels.tolist())))
        labels[odd] = wanted + np.arange(len(odd))
    return np.unique(labels, return_inverse=True)[1]


def _oddest(likeness: np.ndarray, labels: np.ndarray, wanted: int) -> np.ndarray:
    """The pieces least like the voice they were given: the best guess at voices that the caller knows of and that
    have no clean speech of their own. No voice gives up its last piece."""
    fit = np.take_along_axis(likeness, labels[:, None], 1)[:, 0]
    left = np.bincount(labels)
    odd: list[int] = []
    for index in np.argsort(fit, kind="stable").tolist():
        if left[labels[index]] > 1 and len(odd) < wanted:
            left[labels[index]] -= 1
            odd.append(index)
    return np.array(odd, int)


def _counted(pieces: Sequence[Piece]) -> np.ndarray:
    """Indices of the pieces that decide how many voices there are; the clearest one where none is clear."""
    clean = np.array([piece.clean for piece in pieces])
    counted = np.flatnonzero(clean >= MIN_CLEAN)
    if not len(counted):
        seconds = np.array([piece.seconds for piece in pieces])
        counted = np.array([(clean + 1e-3 * seconds).argmax()])
    return counted


def _voices(vectors: np.ndarray, seconds: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Linkage on the similarity, cut at the threshold, then brought towards the bounds: int (n,)."""
    groups = np.arange(len(vectors))
    if len(vectors) > BLOCK:
        groups = _condense(vectors, seconds)
        vectors, seconds = centroids_of(vectors, seconds, groups)
    likeness = similarity(vectors, vectors, seconds, seconds)
    merges = tree(likeness, seconds)
    labels = _dissolve(_cut(merges, _threshold(likeness)), likeness, seconds)
    found = labels.max() + 1
    if found > bounds.high:
        labels = _cut_to(merges, bounds.high, likeness, seconds)
    elif found < bounds.low:
        labels = _split_to(merges, labels, bounds.low, likeness, seconds)
    return labels[groups]


def _threshold(likeness: np.ndarray) -> float:
    """The recording's own threshold. Most pieces have a second and third of the same voice: how alike those are
    tells how close voices keep here, which noise loosens and a studio (or a synthetic voice) tightens."""
    if len(likeness) < 4:
        return THRESHOLD
    others = likeness - 1e3 * np.eye(len(likeness))
    level = np.median(np.sort(others, axis=1)[:, -2:].mean(1))
    return THRESHOLD * (1 + ADAPT * (float(np.clip(level, *LEVELS)) - 1))


def _cut(merges: np.ndarray, threshold: float) -> np.ndarray:
    if not len(merges):
        return np.zeros(1, int)
    return fcluster(merges, height(threshold), "distance") - 1


def _split_to(
    merges: np.ndarray, found: np.ndarray, wanted: int, likeness: np.ndarray, seconds: np.ndarray
) -> np.ndarray:
    """More voices than found, up to ``wanted``, as far as the tree has splits into stretches not plainly one voice."""
    apart = _cut(merges, ONE_VOICE)
    possible = int((np.bincount(apart, seconds) >= MIN_GIVEN).sum())
    return _cut_to(merges, min(wanted, possible), likeness, seconds) if possible > found.max() + 1 else found


def _cut_to(merges: np.ndarray, wanted: int, likeness: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Exactly ``wanted`` clusters: the first cut at which so many have a voice's worth of speech (else the finest),
    its largest clusters, and the rest of the pieces given to the nearest of them."""
    labels = np.arange(len(seconds))
    for clusters in range(wanted, len(seconds)):
        cut = fcluster(merges, clusters, "maxclust") - 1
        if (np.bincount(cut, seconds) >= MIN_GIVEN).sum() >= wanted:
            labels = cut
            break
    kept = np.argsort(-np.bincount(labels, seconds), kind="stable")[:wanted]
    nearest = np.stack([likeness[:, labels == k].mean(1) for k in kept]).argmax(0)
    position = {int(k): i for i, k in enumerate(kept)}
    return np.array([position.get(int(k), int(n)) for k, n in zip(labels, nearest, strict=True)])


def _dissolve(labels: np.ndarray, likeness: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """A cluster with next to no speech is one odd piece of a known voice, unless it is far from all of them."""
    while labels.max() > 0:
        weight = np.bincount(labels, seconds)
        near = np.stack(
            [np.average(likeness[labels == k], axis=0, weights=seconds[labels == k]) for k in range(len(weight))]
        )
        between = np.stack([near[:, labels == k].mean(1) for k in range(len(weight))], 1)
        np.fill_diagonal(between, -np.inf)
        small = [k for k in np.argsort(weight) if weight[k] < MIN_VOICE and between[k].max() > STRANGER]
        if not small:
            break
        labels = np.where(labels == small[0], between[small[0]].argmax(), labels)
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def _condense(vectors: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Groups of plainly equal voice within blocks of neighbouring pieces: int (n,)."""
    groups = np.empty(len(vectors), int)
    found = 0
    for first in range(0, len(vectors), BLOCK):
        rows = slice(first, first + BLOCK)
        likeness = similarity(vectors[rows], vectors[rows], seconds[rows], seconds[rows])
        labels = _cut(tree(likeness, seconds[rows]), SURE)
        groups[rows] = labels + found
        found += labels.max() + 1
    return groups


def centroids_of(vectors: np.ndarray, seconds: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit mean of each group, weighted by speech, and its seconds."""
    sums = np.zeros((groups.max() + 1, vectors.shape[1]), np.float32)
    np.add.at(sums, groups, vectors * seconds[:, None])
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), np.bincount(groups, seconds)


def _assign(likeness: np.ndarray, pieces: Sequence[Piece], overlap: Overlap) -> np.ndarray:
    """Every piece to its most similar voice, surest first: pieces that are spoken together never share one."""
    clean = np.array([piece.clean for piece in pieces])
    stretches = Stretches(pieces)
    labels = np.full(len(pieces), -1)
    for index in np.argsort(-clean * likeness.max(1), kind="stable").tolist():
        taken = set() if clean[index] >= FIRM else _taken(index, pieces, stretches, labels, overlap)
        free = [k for k in range(likeness.shape[1]) if k not in taken] or range(likeness.shape[1])
        labels[index] = max(free, key=lambda k: likeness[index, k])
    return labels


def _taken(index: int, pieces: Sequence[Piece], stretches: Stretches, labels: np.ndarray, overlap: Overlap) -> set[int]:
    """The voices of settled pieces that are heard together with this one."""
    mine, (start, end) = pieces[index].tracklet, stretches.of(index)
    taken = set()
    for partner in overlap.partners.get(mine, ()):
        for other in stretches.within(partner, start, end):
            first, last = stretches.of(other)
            together = overlap.seconds(mine, partner, max(start, first), min(end, last))
            if labels[other] >= 0 and together > TOGETHER:
                taken.add(int(labels[other]))
    return taken
