from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.overlap import Overlap
from pipeline.tracklets import link
from tests.pipeline.conftest import Hear


def test_joint_speech_is_measured_where_it_happens(hear: Hear) -> None:
    local = hear({"anna": [(0, 12)], "ben": [(10, 18)], "cleo": [(5, 6)]}, 20)
    anna, cleo, ben = range(3)
    overlap = Overlap(local, link(local))
    assert overlap.seconds(anna, ben, 0, 20) == pytest.approx(2 * 0.95**2, abs=0.3)
    assert overlap.seconds(ben, anna, 0, 20) == overlap.seconds(anna, ben, 0, 20)
    assert overlap.seconds(anna, ben, 10, 11) == pytest.approx(0.95**2, abs=0.1)
    assert overlap.seconds(anna, cleo, 0, 20) == pytest.approx(0.95**2, abs=0.3)
    assert overlap.seconds(anna, ben, 0, 9) < 0.3
    assert overlap.seconds(cleo, ben, 0, 20) < 0.5


def test_an_interval_of_a_tracklet_may_be_open(hear: Hear) -> None:
    local = hear({"anna": [(0, 12)], "ben": [(10, 18)]}, 20)
    overlap = Overlap(local, link(local))
    assert overlap.seconds(0, 1, 0.0, float("inf")) == pytest.approx(overlap.seconds(0, 1, 0, 20), abs=0.01)
    assert overlap.seconds(0, 1, 25, 30) == 0


def test_voices_that_never_share_a_window_are_no_partners(hear: Hear) -> None:
    local = hear({"anna": [(0, 4)], "ben": [(30, 34)]}, 34)
    overlap = Overlap(local, link(local))
    assert overlap.partners == {}
    assert overlap.seconds(0, 1, 0, 34) == 0


def test_windows_that_a_third_voice_misses_change_nothing_for_two_others(hear: Hear) -> None:
    local = hear({"anna": [(0, 20)], "ben": [(1, 20)], "cleo": [(12, 20)]}, 20)
    tracklets = sorted(link(local), key=lambda tracklet: tracklet.activity.sum(), reverse=True)
    seen = [member for member in tracklets[0].members if not 3 <= member[0] <= 6]
    with_gap = [replace(tracklets[0], members=tuple(seen)), *tracklets[1:]]
    whole, partly = (Overlap(local, voices).seconds(1, 2, 0, 20) for voices in (tracklets, with_gap))
    assert whole == pytest.approx(8 * 0.95**2, abs=0.3)
    assert partly == whole


def test_partners_are_mutual(hear: Hear) -> None:
    local = hear({"anna": [(0, 4)], "ben": [(3, 7)], "cleo": [(12, 15), (16, 18)]}, 18)
    assert Overlap(local, link(local)).partners == {0: {1, 2}, 1: {0, 2}, 2: {0, 1}}
