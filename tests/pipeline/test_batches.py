from __future__ import annotations

from itertools import accumulate, combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batches import batch_sizes


def padded(durations: list[float], sizes: list[int]) -> list[float]:
    """Seconds of each batch."""
    ends = accumulate(sizes, initial=0)
    return [(last - first) * durations[first] for first, last in pairwise(ends)]


@pytest.mark.parametrize("lanes", range(1, 5))
@pytest.mark.parametrize("pieces", range(1, 30))
def test_equal_pieces_are_shared_out_evenly_over_full_rounds(pieces: int, lanes: int) -> None:
    """Six of them fit."""
    sizes = batch_sizes([10.0] * pieces, 60.0, lanes)
    assert sum(sizes) == pieces
    assert len(sizes) % lanes == 0 or sizes == [1] * pieces
    assert max(sizes) <= 6
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) < lanes + pieces / 6, "no more rounds than are needed"


@given(st.lists(st.floats(1.0, 30.0), min_size=1, max_size=8), st.floats(30.0, 120.0), st.integers(1, 4))
def test_no_other_way_to_part_them_has_a_smaller_largest_batch(
    durations: list[float], seconds: float, lanes: int
) -> None:
    durations = sorted(durations, reverse=True)
    sizes = batch_sizes(durations, seconds, lanes)
    ways = combinations(range(1, len(durations)), len(sizes) - 1)
    others = ([end - start for start, end in pairwise([0, *way, len(durations)])] for way in ways)
    assert max(padded(durations, sizes)) <= min(max(padded(durations, other)) for other in others) * 1.01


def test_a_piece_longer_than_a_batch_is_one_by_itself() -> None:
    assert batch_sizes([90.0, 70.0, 20.0, 20.0], 60.0) == [1, 1, 2]


def test_no_pieces_are_no_batches() -> None:
    assert batch_sizes([], 60.0, 4) == []


@given(
    st.lists(st.floats(0.1, 30.0), min_size=1, max_size=60), st.floats(30.0, 240.0), st.integers(1, 4)
)  # fmt: skip
def test_no_batch_is_too_long_and_no_lane_is_left_out(durations: list[float], seconds: float, lanes: int) -> None:
    durations = sorted(durations, reverse=True)
    sizes = batch_sizes(durations, seconds, lanes)
    assert min(sizes) >= 1
    assert sum(sizes) == len(durations)
    assert max(padded(durations, sizes)) <= seconds * (1 + 1e-5)
    assert len(sizes) % lanes == 0 or len(sizes) == len(durations)
