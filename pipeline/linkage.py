"""Agglomerative clustering with average linkage in which every item counts by its weight.

SciPy's average linkage counts a second of speech as much as four; the weighted form (Lance & Williams, 1967) has
no ready implementation there. The tree has SciPy's form, so ``scipy.cluster.hierarchy.fcluster`` cuts it.
"""

from __future__ import annotations

import numpy as np

_TOP = 10.0  # distance = _TOP - similarity: keeps distances positive


def tree(similarity: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """similarity: (n, n), weight: (n,) -> linkage matrix (n - 1, 4): both clusters, distance, number of items."""
    items = len(similarity)
    between = similarity.astype(float)
    np.fill_diagonal(between, -np.inf)
    weight = weight.astype(float)
    names, sizes = np.arange(items), np.ones(items)
    nearest = between.argmax(1) if items else np.zeros(0, int)
    merges = np.zeros((max(items - 1, 0), 4))
    for step in range(items - 1):
        a = int(between[np.arange(items), nearest].argmax())
        b = int(nearest[a])
        merges[step] = *sorted((names[a], names[b])), _TOP - between[a, b], sizes[a] + sizes[b]
        merged = (weight[a] * between[a] + weight[b] * between[b]) / (weight[a] + weight[b])
        merged[[a, b]] = -np.inf
        between[a], between[:, a] = merged, merged
        between[b], between[:, b] = -np.inf, -np.inf
        weight[a], sizes[a], names[a] = weight[a] + weight[b], sizes[a] + sizes[b], items + step
        stale = (nearest == a) | (nearest == b)
        stale[[a, b]] = True
        nearest[stale] = between[stale].argmax(1)
    return merges


def height(similarity: float) -> float:
    """The distance in the tree that stands for a similarity."""
    return _TOP - similarity
