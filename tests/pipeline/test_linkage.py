from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, is_monotonic, is_valid_linkage, linkage
from scipy.spatial.distance import squareform

from pipeline.linkage import height, tree


def random_similarity(items: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(items, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.floats(-0.5, 0.9))
def test_equal_weights_are_scipys_average_linkage(items: int, seed: int, threshold: float) -> None:
    similarity = random_similarity(items, seed)
    ours = tree(similarity, np.full(items, 3.0))
    theirs = linkage(squareform(height(0) - similarity * (1 - np.eye(items)) - height(0) * np.eye(items)), "average")
    assert is_valid_linkage(ours)
    np.testing.assert_allclose(ours[:, 2:], theirs[:, 2:], atol=1e-9)
    cuts = [fcluster(merges, height(threshold), "distance") for merges in (ours, theirs)]
    assert (cuts[0] == cuts[1]).all()


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_any_weights_give_a_tree_that_can_be_cut(items: int, seed: int) -> None:
    weight = np.random.default_rng(seed).uniform(0.1, 50, items)
    similarity = random_similarity(items, seed)
    merges = tree(similarity, weight)
    assert is_valid_linkage(merges)
    assert is_monotonic(merges)
    last = [cluster for cluster in range(2 * items - 2) if cluster not in merges[:-1, :2]]
    assert sorted(merges[-1, :2].astype(int).tolist()) == sorted(last)
    first, second = (fcluster(merges, 2, "maxclust") == side for side in (1, 2))
    between = weight[first] @ similarity[np.ix_(first, second)] @ weight[second]
    mean = between / (weight[first].sum() * weight[second].sum())
    assert merges[-1, 2] == pytest.approx(height(mean))


def test_a_heavy_item_has_more_to_say() -> None:
    similarity = np.array([[1.0, 0.9, 0.6], [0.9, 1.0, 0.0], [0.6, 0.0, 1.0]])
    merges = tree(similarity, np.array([3.0, 1.0, 1.0]))
    assert merges[0].tolist() == [0, 1, height(0.9), 2]
    assert merges[1, 2] == pytest.approx(height((3 * 0.6 + 1 * 0.0) / 4))  # the plain mean is 0.3


def test_the_similarity_is_left_as_it_was() -> None:
    similarity = random_similarity(5, 0)
    before, weight = similarity.copy(), np.ones(5)
    tree(similarity, weight)
    assert (similarity == before).all()
    assert (weight == 1).all()


@pytest.mark.parametrize("items", [0, 1])
def test_nothing_to_join(items: int) -> None:
    assert tree(np.ones((items, items)), np.ones(items)).shape == (0, 4)
