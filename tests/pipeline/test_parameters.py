"""Defaults and limits of what a profile can set; test_profile.py has how they are read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict

import pytest

from pipeline.parameters import (
    ActivityParameters,
    AsrParameters,
    ClusteringParameters,
    EmbeddingParameters,
    SortformerParameters,
    VadParameters,
)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: VadParameters(onset=-0.1), "onset"),
        (lambda: VadParameters(overlap=1.1), "overlap"),
        (lambda: VadParameters(smoothing="kalman"), "smoothing"),
        (lambda: VadParameters(window_length_in_sec=0), "window_length_in_sec"),
        (lambda: EmbeddingParameters((), (), ()), "equally long"),
        (lambda: EmbeddingParameters((1.0, 2.0), (0.5, 1.0), (1.0, 1.0)), "longest"),
        (lambda: EmbeddingParameters((1.0,), (0.0,), (1.0,)), "above 0"),
        (lambda: EmbeddingParameters((1.0, 0.05), (0.5, 0.03), (1.0, 1.0)), "window_length_in_sec must be above 0.05"),
        (lambda: ClusteringParameters(max_num_speakers=0), "max_num_speakers"),
        (lambda: ClusteringParameters(embeddings_per_chunk=51), "embeddings_per_chunk must be above"),
        (lambda: ClusteringParameters(chunk_cluster_count=200, embeddings_per_chunk=200), "embeddings_per_chunk"),
        (lambda: ClusteringParameters(max_rp_threshold=1.1), "max_rp_threshold"),
        (lambda: EmbeddingParameters((1.0, 0.5), (0.5, 0.3), (0.0, 0.0)), "multiscale_weights"),
        (lambda: ActivityParameters(min_duration_on=-1.0), "min_duration_on"),
        (lambda: AsrParameters(batch_seconds=0), "batch_seconds"),
        (lambda: AsrParameters(batch_seconds=math.nan), "batch_seconds"),
        (lambda: AsrParameters(chunk_seconds=8, overlap_seconds=4), "overlap_seconds"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


RAW = {"onset": 0.5, "offset": 0.5, "pad_onset": 0, "pad_offset": 0, "min_duration_on": 0, "min_duration_off": 0}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (VadParameters, {"window_length_in_sec": 0.63, "shift_length_in_sec": 0.08, "smoothing": "", "overlap": 0.5}),
        (VadParameters, {"onset": 0.5, "offset": 0.3, "pad_onset": 0.1, "pad_offset": 0.1}),
        (VadParameters, {"min_duration_on": 0.2, "min_duration_off": 0.2, "filter_speech_first": True}),
        (EmbeddingParameters, {"window_length_in_sec": (1.5, 1.25, 1.0, 0.75, 0.5), "multiscale_weights": (1.0,) * 5}),
        (EmbeddingParameters, {"shift_length_in_sec": (0.75, 0.625, 0.5, 0.375, 0.25)}),
        (ClusteringParameters, {"max_num_speakers": 8, "max_rp_threshold": 0.25, "sparse_search_volume": 30}),
        (ClusteringParameters, {"chunk_cluster_count": 50, "embeddings_per_chunk": 10_000}),
        (AsrParameters, {"batch_seconds": 240, "chunk_seconds": 30, "overlap_seconds": 4}),
        (ActivityParameters, RAW | {"filter_speech_first": True}),
        (SortformerParameters, RAW | {"filter_speech_first": True, "streaming": False, "stream": {}}),
    ],
)
def test_what_a_profile_leaves_out_has_its_default(kind: Callable[[], object], expected: dict[str, object]) -> None:
    parameters = kind()
    assert {name: getattr(parameters, name) for name in expected} == expected


def test_the_default_for_turns_end_to_end_is_nemos_own() -> None:
    from nemo.collections.asr.parts.utils.vad_utils import PostProcessingParams

    assert asdict(PostProcessingParams()) == RAW
