from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.frames import runs


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_the_true_stretches_and_nothing_else(mask: list[bool]) -> None:
    found = runs(np.array(mask, bool))
    painted = np.zeros(len(mask), bool)
    for first, last in found:
        assert last > first
        painted[first:last] = True
    assert painted.tolist() == mask
    assert (found[1:, 0] > found[:-1, 1]).all()  # neighbours would be one run


def test_runs_at_both_ends() -> None:
    assert runs(np.array([True, True, False, True])).tolist() == [[0, 2], [3, 4]]
