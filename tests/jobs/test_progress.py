from __future__ import annotations

import pytest

from jobs.progress import SHARES, overall, seconds_left
from nemo_processor import STAGES


def test_every_stage_has_its_share() -> None:
    assert tuple(SHARES) == STAGES
    assert sum(SHARES.values()) == pytest.approx(1)


def test_it_grows_from_stage_to_stage() -> None:
    steps = [overall(stage, fraction) for stage in STAGES for fraction in (0.0, 0.5, 1.0)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0.0, pytest.approx(1))
    assert overall("", 0.5) == overall("unknown", 1.0) == 0.0


def test_what_is_left_follows_from_what_is_done() -> None:
    assert seconds_left(10.0, 0.25) == pytest.approx(30.0)
    assert seconds_left(10.0, 0.0) is None
