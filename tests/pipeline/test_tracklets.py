from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pyannet import FRAMES
from pipeline.segmentation import LocalActivity, frame_at, frame_time
from pipeline.tracklets import Tracklet, link
from tests.pipeline.conftest import Hear

LONG = {"anna": [(0, 6), (14, 20), (28, 34)], "ben": [(7, 13), (21, 27), (35, 41)]}


def spoken(tracklet: Tracklet) -> list[tuple[float, float]]:
    """The stretches in which it is active, in whole seconds."""
    active = np.concatenate([[False], tracklet.activity > 0.5, [False]])
    edges = frame_time(np.flatnonzero(np.diff(active.astype(int))) + tracklet.start)
    return [(round(float(start)), round(float(end))) for start, end in edges.reshape(-1, 2)]


def test_a_voice_is_followed_through_shuffled_windows(hear: Hear) -> None:
    tracklets = link(hear({"anna": [(0, 25)], "ben": [(2, 5), (9, 13), (16, 24)]}, 25))
    assert [spoken(tracklet) for tracklet in tracklets] == [[(0, 25)], [(2, 5), (9, 13), (16, 24)]]


def test_alternating_voices_stay_apart(hear: Hear) -> None:
    found = [spoken(tracklet) for tracklet in link(hear(LONG, 41))]
    assert sorted(chain(*found)) == sorted(chain(*LONG.values()))
    for stretches in found:
        assert any(set(stretches) <= set(turns) for turns in LONG.values())


def test_voices_that_overlap_stay_apart(hear: Hear) -> None:
    script = {"anna": [(1, 8)], "ben": [(5, 15)], "cleo": [(6, 7.5), (12, 18)]}
    found = sorted(spoken(tracklet) for tracklet in link(hear(script, 20)))
    assert found == [[(1, 8)], [(5, 15)], [(6, 8), (12, 18)]]


def test_a_return_after_more_than_a_window_is_another_tracklet(hear: Hear) -> None:
    assert [spoken(tracklet) for tracklet in link(hear({"anna": [(0, 4), (30, 34)]}, 34))] == [[(0, 4)], [(30, 34)]]


def test_voices_that_share_less_than_half_of_their_frames_are_not_linked(hear: Hear) -> None:
    """Even where no window holds both: here the network misses ben in the first two and anna in the others."""
    local = hear({"anna": [(0, 9.6)], "ben": [(9, 15)]}, 15)
    for window in range(len(local.hard)):
        only_the_other = 9.8 if window < 2 else 8.0  # seconds
        missed = local.hard[window, frame_at(np.array(only_the_other)) - local.offset(window)].argmax()
        local.hard[window, :, missed], local.soft[window, :, missed] = False, 0.02
    first, second = link(local)
    assert {window for window, _ in first.members} == {0, 1}
    assert {window for window, _ in second.members} == set(range(2, len(local.hard)))


def test_silence_has_no_tracklet(hear: Hear) -> None:
    assert link(hear({}, 30)) == []


def test_a_single_window(hear: Hear) -> None:
    assert [spoken(tracklet) for tracklet in link(hear({"anna": [(1, 2)], "ben": [(2, 3)]}, 3))] == [[(1, 2)], [(2, 3)]]


def noise(windows: int, seed: int) -> LocalActivity:
    """Activity without sense: bursts at random."""
    random = np.random.default_rng(seed)
    hard = np.repeat(random.random((windows, FRAMES // 19, 3)) > 0.5, 19, axis=1)
    frames = LocalActivity.offset(windows - 1) + FRAMES
    return LocalActivity(hard.astype(np.float16), hard, np.ones(frames, np.float32), np.ones(frames, np.float32))


@settings(max_examples=20)
@given(st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_whatever_is_heard_no_tracklet_holds_two_voices_of_one_window(windows: int, seed: int) -> None:
    local = noise(windows, seed)
    tracklets = link(local)
    for tracklet in tracklets:
        assert max(Counter(window for window, _ in tracklet.members).values()) == 1
        assert tracklet.start == local.offset(min(tracklet.members)[0])
        assert tracklet.end == local.offset(max(tracklet.members)[0]) + FRAMES
        assert (tracklet.activity <= 1 + 1e-6).all()
    members = [member for tracklet in tracklets for member in tracklet.members]
    assert sorted(members) == [tuple(node) for node in np.argwhere(local.hard.any(1)).tolist()]
    assert [tracklet.members[0] for tracklet in tracklets] == sorted(tracklet.members[0] for tracklet in tracklets)
