"""Windows of speech -> speakers: spectral clustering of embeddings at several scales, as NeMo does it, in memory.

Every window of the shortest scale gets a label; each window of a longer scale speaks for those nearest to it. Many
windows are clustered in chunks, whose clusters are clustered again (NeMo's LongFormSpeakerClustering), so that memory
does not grow with the square of the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.artefacts import Arrays
from pipeline.clustering import Bounds
from pipeline.nemo_spectral import affinity, anchored_count, condense, partition
from pipeline.parameters import ClusteringParameters
from pipeline.types import MAX_SPEAKERS, Turn

ANCHORED = 80  # NeMo's enhanced_count_thres: so few windows are counted beside anchors
Run = Callable[[int], Tensor]
_ROWS = 1 << 14  # windows whose vectors of all scales are in memory together
_BLOCK = 1 << 22  # numbers compared at once when windows of two scales are matched


@dataclass(frozen=True, eq=False)
class Scale:
    """Embeddings at one scale. vectors: float32 (n, d), as the network gives them; times: float32 (n, 2), s."""

    vectors: Tensor
    times: Tensor
    weight: float = 1.0

    def arrays(self) -> Arrays:
        return {"vectors": self.vectors.numpy(), "times": self.times.numpy(), "weight": np.array(self.weight)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Scale:
        return cls(torch.from_numpy(arrays["vectors"]), torch.from_numpy(arrays["times"]), float(arrays["weight"]))


@dataclass(frozen=True, eq=False)
class Folded:
    """Many windows made few, which takes most of the time of clustering them. vectors: float32 (few, d); row: int64
    (windows,), which of them stands for each window of the shortest scale."""

    vectors: Tensor
    row: Tensor

    def arrays(self) -> Arrays:
        return {"folded": self.vectors.numpy(), "row": self.row.numpy()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Folded:
        return cls(torch.from_numpy(arrays["folded"]), torch.from_numpy(arrays["row"]))


def fold(scales: Sequence[Scale], parameters: ClusteringParameters, device: str = "cpu") -> Folded | None:
    """What :func:`cluster_scales` can be given for any number of speakers; None where the windows are few already."""
    if not scales or len(scales[-1].vectors) <= parameters.embeddings_per_chunk:
        return None
    with _current(device):
        return _folded(scales, parameters.chunk_cluster_count, parameters, device.startswith("cuda"))


def cluster_scales(
    scales: Sequence[Scale],
    bounds: Bounds,
    parameters: ClusteringParameters,
    device: str = "cpu",
    folded: Folded | None = None,
) -> Tensor:
    """The speaker of each window of the last, shortest scale: int64 (n,). scales: from the longest to the shortest.

    folded: of these scales, if it is there already.

    As many speakers as bounds allow, but never more than windows; where the sound holds fewer than NeMo finds or
    more than it is allowed to, it is asked again for just so many.
    """
    windows = len(scales[-1].vectors) if scales else 0
    if windows < 2:
        return torch.zeros(windows, dtype=torch.int64)
    bounds = Bounds(min(bounds.low, windows), min(bounds.high, windows, MAX_SPEAKERS))
    cuda = device.startswith("cuda")
    with _current(device):
        if windows <= parameters.embeddings_per_chunk:
            run = _short(scales, bounds.high, parameters, cuda)
        else:
            run = _long(scales, bounds.high, parameters, cuda, folded)
        return _within(run, bounds, scales[-1].vectors)


def _current(device: str) -> AbstractContextManager[Any]:
    """NeMo takes the current one."""
    return torch.cuda.device(device) if device.startswith("cuda") else nullcontext()


def draw_turns(times: Tensor, labels: Tensor) -> list[Turn]:
    """Labelled windows, by start, as turns: where two overlap, the border lies in the middle; those of one speaker
    that touch are one. times: float32 (n, 2), s. Speakers are named "0", "1", ..."""
    turns: list[Turn] = []
    rows = [[start, end, speaker] for (start, end), speaker in zip(times.tolist(), labels.tolist(), strict=True)]
    for row, following in zip_longest(rows, rows[1:]):
        if following and row[1] > following[0]:
            row[1] = following[0] = (row[1] + following[0]) / 2
        start, end, speaker = row
        if turns and turns[-1].speaker == str(speaker) and turns[-1].end == start:
            start = turns.pop().start
        turns.append(Turn(str(speaker), start, max(start, end)))
    return turns


def _within(run: Run, bounds: Bounds, vectors: Tensor) -> Tensor:
    """Labels of run(count), or of run(-1), as many clusters as it finds itself, where that is within the bounds."""
    low, high = bounds.low, bounds.high
    labels = run(low if low == high else -1)
    found = len(labels.unique())
    if low < high and not low <= found <= high:
        labels = run(low if found < low else high)
    labels = labels.unique(return_inverse=True)[1]
    while int(labels.max()) + 1 < low:  # k-means lost a cluster
        labels = _split(labels, vectors)
    return labels


def _split(labels: Tensor, vectors: Tensor) -> Tensor:
    """One cluster more: the window least like the mean of its own, which is not alone there."""
    unit = torch.nn.functional.normalize(vectors, dim=1)
    means = torch.stack([unit[labels == label].mean(0) for label in range(int(labels.max()) + 1)])
    fit = (unit * torch.nn.functional.normalize(means, dim=1)[labels]).sum(1)
    fit[labels.bincount()[labels] == 1] = torch.inf
    labels = labels.clone()
    labels[fit.argmin()] = labels.max() + 1
    return labels


def _short(scales: Sequence[Scale], most: int, parameters: ClusteringParameters, cuda: bool) -> Run:
    vectors = scales[-1].vectors
    alike = _fused(scales, cuda)

    def run(count: int) -> Tensor:
        if count > 0:
            return partition(alike, parameters, count=count, most=count, cuda=cuda).cpu()
        few = anchored_count(vectors, cuda) if len(vectors) <= ANCHORED else -1
        return partition(alike, parameters, few=few, most=most, cuda=cuda).cpu()

    return run


def _long(
    scales: Sequence[Scale], most: int, parameters: ClusteringParameters, cuda: bool, folded: Folded | None
) -> Run:
    if folded is None or most + 1 > parameters.chunk_cluster_count:
        folded = _folded(scales, max(parameters.chunk_cluster_count, most + 1), parameters, cuda)
    alike, row = affinity(folded.vectors).to(_device(cuda)), folded.row

    def run(count: int) -> Tensor:
        return partition(alike, parameters, count=count, most=most, cuda=cuda).cpu()[row]

    return run


def _folded(scales: Sequence[Scale], keep: int, parameters: ClusteringParameters, cuda: bool) -> Folded:
    """Each chunk by itself, to ``keep`` vectors."""
    vectors = _interpolated(scales)
    kept, row = list[Tensor](), torch.zeros(len(vectors), dtype=torch.int64)
    for first in _chunks(len(vectors), parameters.embeddings_per_chunk):
        chunk = vectors[first : first + parameters.embeddings_per_chunk]
        alike = affinity(chunk)
        labels = partition(alike.to(_device(cuda)), parameters, count=keep, most=keep, cuda=cuda).cpu()
        fewer, members = condense(chunk, labels, alike, keep)
        for number, indices in enumerate(members, sum(map(len, kept))):
            row[indices + first] = number
        kept.append(fewer)
    return Folded(torch.cat(kept), row)


def _chunks(windows: int, size: int) -> Iterator[int]:
    """Where each chunk begins; the last is as long as the others and overlaps the one before it."""
    yield from range(0, windows - size + 1, size)
    if windows % size:
        yield windows - size


def _fused(scales: Sequence[Scale], cuda: bool) -> Tensor:
    """The affinities of all scales between the windows of the last, weighted: float32 (n, n)."""
    device, windows = _device(cuda), len(scales[-1].vectors)
    fused = torch.zeros(windows, windows, device=device)
    for scale in scales:
        rows = _matched(scale, scales[-1]).to(device)
        alike = affinity(scale.vectors.half().to(device))  # NeMo's own precision here
        fused += torch.tensor(scale.weight, device=device) * alike[rows[:, None], rows]
    return fused


def _device(cuda: bool) -> str:
    return "cuda" if cuda else "cpu"


def _interpolated(scales: Sequence[Scale]) -> Tensor:
    """The vectors of all scales, weighted, for each window of the last: float32 (n, d)."""
    weights = torch.tensor([[scale.weight] for scale in scales])
    rows = [_matched(scale, scales[-1]) for scale in scales]
    parts = []
    for block in zip(*(matched.split(_ROWS) for matched in rows), strict=True):
        stacked = torch.stack([scale.vectors[own] for scale, own in zip(scales, block, strict=True)])
        parts.append(torch.matmul(stacked.permute(2, 1, 0), weights).squeeze(-1).t())
    return torch.cat(parts)


def _matched(scale: Scale, finest: Scale) -> Tensor:
    """For each window of the finest scale the one of this scale whose middle is nearest: int64 (n,), rising.

    NeMo compares each with each in one matrix, 2 GB for an hour; in blocks it is the same.
    """
    middles, others = finest.times.mean(1), scale.times.mean(1)
    size = max(1, _BLOCK // len(others))
    nearest = torch.empty(len(middles), dtype=torch.int64)
    # One room for all blocks: freed ones with a result between them would add up to the whole matrix.
    room = torch.empty(min(size, len(middles)), len(others))
    for first in range(0, len(middles), size):
        block = middles[first : first + size]
        apart = torch.sub(others[None], block[:, None], out=room[: len(block)]).abs_()
        nearest[first : first + size] = apart.argmin(1)
    return nearest.sort()[0]


def lean(parameters: ClusteringParameters) -> ClusteringParameters:
    """For speed: shorter chunks, since the time they take grows with the cube of their length."""
    shorter = max(2_500, 2 * parameters.chunk_cluster_count)
    return replace(parameters, embeddings_per_chunk=min(parameters.embeddings_per_chunk, shorter))
