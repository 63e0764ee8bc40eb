"""NeMo's spectral clustering (NME-SC: Park et al., IEEE Signal Processing Letters 27, 2020), one step each.

NeMo imports late, because it takes seconds, and seeds torch for the whole process: here only for the step itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.parameters import ClusteringParameters


def affinity(vectors: Tensor) -> Tensor:
    """How alike each two vectors (n, d) are: float (n, n), from 0 for the least alike to 1."""
    from nemo.collections.asr.parts.utils.offline_clustering import getCosAffinityMatrix

    return getCosAffinityMatrix(vectors)


def anchored_count(vectors: Tensor, cuda: bool) -> int:
    """How many voices a few vectors (n, d) hold, counted beside anchors that are known to be others."""
    from nemo.collections.asr.parts.utils.offline_clustering import getEnhancedSpeakerCount

    with torch.random.fork_rng(devices=[]):
        return int(getEnhancedSpeakerCount(emb=vectors, cuda=cuda))


def partition(
    alike: Tensor, parameters: ClusteringParameters, *, count: int = -1, most: int, few: int = -1, cuda: bool = False
) -> Tensor:
    """Labels, int64 (n,), of the rows of an affinity (n, n): ``count`` clusters, or as many as the gaps between the
    eigenvalues tell, up to ``most``. few: a count that :func:`anchored_count` found, taken where count is not given.
    """
    from nemo.collections.asr.parts.utils.offline_clustering import SpeakerClustering

    with torch.random.fork_rng(devices=[]):
        return SpeakerClustering(cuda=cuda).forward_unit_infer(
            mat=alike,
            oracle_num_speakers=count,
            max_num_speakers=most,
            max_rp_threshold=parameters.max_rp_threshold,
            sparse_search_volume=parameters.sparse_search_volume,
            est_num_of_spk_enhanced=torch.tensor(few),
        )


def condense(vectors: Tensor, labels: Tensor, alike: Tensor, keep: int) -> tuple[Tensor, list[Tensor]]:
    """The vectors (n, d) of labelled clusters made fewer: those most in the middle of the largest clusters become one.

    -> ``keep`` vectors, and for each the indices of those that it stands for. alike: float (n, n).
    """
    from nemo.collections.asr.parts.utils.online_clustering import get_closest_embeddings, get_merge_quantity

    # Rounded down, and labels without gaps: NeMo raises where its k-means has lost a cluster.
    labels = torch.unique(labels, return_inverse=True)[1]
    merged = get_merge_quantity(
        num_to_be_removed=len(vectors) - keep,
        pre_clus_labels=labels,
        min_count_per_cluster=keep // (int(labels.max()) + 1),
    )
    kept: list[Tensor] = []
    groups: list[Tensor] = []
    for label, quantity in enumerate(merged.tolist()):
        members = torch.where(labels == label)[0]
        middle, rest = members[:0], members
        if quantity > 0:
            middle, rest = get_closest_embeddings(alike[members][:, members], quantity)
            middle, rest = members[middle], members[rest.sort()[0]]
        kept.append(vectors[rest])
        groups += rest[:, None].unbind()
        if len(middle):
            kept.append(vectors[middle].mean(0, keepdim=True))
            groups.append(middle)
    return torch.cat(kept), groups
