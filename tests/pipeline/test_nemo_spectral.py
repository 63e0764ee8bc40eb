"""The steps of NeMo's clustering, and that they leave the process as it was."""

from __future__ import annotations

import torch

from pipeline.nemo_spectral import affinity, anchored_count, condense, partition
from pipeline.parameters import ClusteringParameters


def voices(*sizes: int, noise: float = 0.05) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (n, 32) around one direction for each voice, in turns, and whose they are."""
    random = torch.Generator().manual_seed(1)
    whose = torch.cat([torch.full((size,), voice) for voice, size in enumerate(sizes)])
    whose = whose[torch.randperm(len(whose), generator=random)]
    centres = torch.randn(len(sizes), 32, generator=random)
    return centres[whose] + noise * torch.randn(len(whose), 32, generator=random), whose


def test_the_count_is_found_or_taken_as_given() -> None:
    vectors, whose = voices(40, 30, 50)
    alike = affinity(vectors)
    parameters = ClusteringParameters()
    found = partition(alike, parameters, most=8)
    assert torch.equal(found.unique(), torch.arange(3))
    assert torch.equal((found[:, None] == found), (whose[:, None] == whose))
    assert len(partition(alike, parameters, count=2, most=2).unique()) == 2
    assert len(partition(alike, parameters, few=4, most=8).unique()) == 4


def test_a_few_vectors_are_counted_as_nemo_counts_them() -> None:
    from nemo.collections.asr.parts.utils.offline_clustering import getEnhancedSpeakerCount

    for sizes in ((12, 10), (20, 20, 20), (25,), (16, 16, 16, 16)):
        vectors, _ = voices(*sizes, noise=0.8)
        assert anchored_count(vectors, cuda=False) == int(getEnhancedSpeakerCount(emb=vectors))


def test_the_random_numbers_of_others_go_on_as_before() -> None:
    vectors, _ = voices(12, 10)
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    anchored_count(vectors, cuda=False)
    partition(affinity(vectors), ClusteringParameters(), most=8)
    assert torch.equal(torch.rand(3), expected)


def test_condensed_vectors_stand_for_all_and_for_one_voice_each() -> None:
    vectors, whose = voices(60, 30, 5)
    fewer, groups = condense(vectors, whose, affinity(vectors), keep=12)
    assert fewer.shape == (12, 32)
    assert sorted(torch.cat(groups).tolist()) == list(range(len(vectors)))
    for vector, group in zip(fewer, groups, strict=True):
        assert len(whose[group].unique()) == 1
        torch.testing.assert_close(vector, vectors[group].mean(0))


def test_clusters_that_k_means_lost_are_no_fault() -> None:
    """Fewer than were asked for, with gaps between their labels, and not a divisor of what is to be kept."""
    vectors, whose = voices(60, 30, 20)
    labels = torch.tensor([0, 4, 7])[whose]
    fewer, groups = condense(vectors, labels, affinity(vectors), keep=50)
    assert fewer.shape == (50, 32)
    assert sorted(torch.cat(groups).tolist()) == list(range(len(vectors)))
    assert all(len(whose[group].unique()) == 1 for group in groups)
