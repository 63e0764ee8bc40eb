"""Defaults and limits of what a profile can set; test_profile.py has how they are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.parameters import (
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
        (lambda: ClusteringParameters(max_num_speakers=0), "max_num_speakers"),
        (lambda: AsrParameters(batch_seconds=0), "batch_seconds"),
        (lambda: AsrParameters(chunk_seconds=8, overlap_seconds=4), "overlap_seconds"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_defaults_make_sense() -> None:
    for kind in (VadParameters, EmbeddingParameters, ClusteringParameters, AsrParameters, SortformerParameters):
        assert kind() == kind()
