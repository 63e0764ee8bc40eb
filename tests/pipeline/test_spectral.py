"""Clustering in memory, beside NeMo's classes, and what they do not do: keep within bounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline import spectral
from pipeline.clustering import Bounds
from pipeline.parameters import ClusteringParameters
from pipeline.spectral import Scale, cluster_scales, draw_turns, fold
from pipeline.types import Turn

PARAMETERS = ClusteringParameters()
WINDOWS = ((1.5, 0.75), (1.0, 0.5), (0.5, 0.25))


def scales_of(script: str, seconds: float = 4.0, noise: float = 0.6, seed: int = 0) -> list[Scale]:
    """What three scales hear of speakers named by letters, each for ``seconds``, with a pause now and then."""
    random = torch.Generator().manual_seed(seed)
    centres = {name: torch.randn(48, generator=random) for name in sorted(set(script))}
    found = []
    for length, shift in WINDOWS:
        starts, vectors = [], []
        for index, name in enumerate(script):
            begin = index * (seconds + 0.3)
            for step in range(int((seconds - length) / shift) + 1):
                starts.append(begin + step * shift)
                vectors.append(centres[name] + noise / length**0.5 * torch.randn(48, generator=random))
        times = torch.tensor([[start, start + length] for start in starts])
        found.append(Scale(torch.stack(vectors), times))
    return found


def nemos(scales: list[Scale], parameters: ClusteringParameters, count: int = -1) -> torch.Tensor:
    from nemo.collections.asr.parts.utils.longform_clustering import LongFormSpeakerClustering

    return LongFormSpeakerClustering(cuda=False).forward_infer(
        embeddings_in_scales=torch.cat([scale.vectors for scale in scales]),
        timestamps_in_scales=torch.cat([scale.times for scale in scales]),
        multiscale_segment_counts=torch.tensor([len(scale.vectors) for scale in scales]),
        multiscale_weights=torch.tensor([[scale.weight for scale in scales]]),
        oracle_num_speakers=count,
        max_num_speakers=parameters.max_num_speakers,
        max_rp_threshold=parameters.max_rp_threshold,
        sparse_search_volume=parameters.sparse_search_volume,
        chunk_cluster_count=parameters.chunk_cluster_count,
        embeddings_per_chunk=parameters.embeddings_per_chunk,
    )


def same_partition(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    return torch.equal(ours[:, None] == ours, theirs[:, None] == theirs)


@pytest.mark.parametrize("script", ["abab", "abcabacb" * 2, "aaaa", "abcd" * 6])
@pytest.mark.parametrize("count", [-1, 2])
def test_labels_are_nemos(script: str, count: int) -> None:
    scales = [replace(scale, weight=weight) for scale, weight in zip(scales_of(script), (1.0, 0.8, 0.6), strict=True)]
    bounds = Bounds(1, 8) if count < 0 else Bounds(count, count)
    assert same_partition(cluster_scales(scales, bounds, PARAMETERS), nemos(scales, PARAMETERS, count))


@pytest.mark.parametrize("count", [-1, 4])
def test_many_windows_are_clustered_in_chunks_as_nemo_does(count: int) -> None:
    scales = scales_of("abcbacab" * 5)
    assert len(scales[-1].vectors) > 500
    parameters = ClusteringParameters(embeddings_per_chunk=150)
    bounds = Bounds(1, 8) if count < 0 else Bounds(count, count)
    labels = cluster_scales(scales, bounds, parameters)
    assert same_partition(labels, nemos(scales, parameters, count))
    folded = fold(scales, parameters)
    assert folded is not None
    assert len(folded.vectors) < len(scales[-1].vectors)
    assert cluster_scales(scales, bounds, parameters, folded=folded).equal(labels)
    assert fold(scales, PARAMETERS) is None


def test_windows_are_matched_in_blocks_as_if_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scales = scales_of("abc" * 4)
    whole = [spectral._matched(scale, scales[-1]) for scale in scales]
    monkeypatch.setattr(spectral, "_BLOCK", 100)
    assert all(
        torch.equal(spectral._matched(scale, scales[-1]), rows) for scale, rows in zip(scales, whole, strict=True)
    )


@pytest.mark.parametrize("chunk", [10_000, 100], ids=["short", "long"])
@pytest.mark.parametrize("script", ["abc" * 4, "aaaa" * 3])
@pytest.mark.parametrize(
    "bounds", [Bounds(1, 2), Bounds(2, 2), Bounds(5, 5), Bounds(4, 8), Bounds(3, 3), Bounds(12, 50)]
)
def test_the_number_of_speakers_keeps_within_its_bounds(chunk: int, script: str, bounds: Bounds) -> None:
    labels = cluster_scales(scales_of(script), bounds, ClusteringParameters(embeddings_per_chunk=chunk))
    found = labels.unique().tolist()
    assert bounds.low <= len(found) <= bounds.high
    assert found == list(range(len(found)))


@pytest.mark.parametrize("windows", [0, 1, 2, 3, 5, 7])
@pytest.mark.parametrize("bounds", [Bounds(), Bounds(1, 8), Bounds(2, 2), Bounds(5, 5), Bounds(4, 8)])
def test_hardly_any_speech_is_no_fault(windows: int, bounds: Bounds) -> None:
    scales = [Scale(scale.vectors[:windows], scale.times[:windows]) for scale in scales_of("ab", seed=windows)]
    labels = cluster_scales(scales if windows else [], bounds, PARAMETERS)
    assert len(labels) == windows
    assert min(bounds.low, windows) <= len(labels.unique()) <= max(windows, 1)


def test_windows_that_are_all_alike_are_split_where_so_many_are_asked_for() -> None:
    scale = Scale(torch.ones(20, 8), torch.tensor([[0.25 * i, 0.25 * i + 0.5] for i in range(20)]))
    assert len(cluster_scales([scale], Bounds(3, 3), PARAMETERS).unique()) == 3


@st.composite
def labelled_windows(draw: st.DrawFn) -> tuple[torch.Tensor, torch.Tensor]:
    gaps = draw(st.lists(st.sampled_from([0.1, 0.25, 0.4, 0.5, 0.9, 2.0]), min_size=1, max_size=30))
    starts = torch.tensor(gaps).cumsum(0)
    labels = draw(st.lists(st.integers(0, 2), min_size=len(gaps), max_size=len(gaps)))
    return torch.stack([starts, starts + 0.5], 1), torch.tensor(labels)


@given(labelled_windows())
def test_turns_are_nemos(windows: tuple[torch.Tensor, torch.Tensor]) -> None:
    from nemo.collections.asr.parts.utils.speaker_utils import generate_cluster_labels

    times, labels = windows
    lines = [line.split() for line in generate_cluster_labels(times, labels.numpy())[0]]
    theirs = [Turn(name.removeprefix("speaker_"), float(start), float(end)) for start, end, name in lines]
    assert draw_turns(times, labels) == theirs


@given(labelled_windows())
def test_turns_follow_each_other(windows: tuple[torch.Tensor, torch.Tensor]) -> None:
    turns = draw_turns(*windows)
    assert all(left.end <= right.start for left, right in pairwise(turns))
    assert all(left.speaker != right.speaker or left.end < right.start for left, right in pairwise(turns))


def test_no_window_makes_no_turn() -> None:
    assert draw_turns(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64)) == []
