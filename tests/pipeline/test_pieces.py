from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pieces import FEATURE_STEP, LONGEST, Piece, cut_pieces, halve
from pipeline.segmentation import frame_at, frame_time
from pipeline.tracklets import Tracklet


def tracklet(*active: tuple[float, float], until: float = 60.0, level: float = 0.95) -> Tracklet:
    """Active in the given seconds."""
    activity = np.full(int(frame_at(np.array(until))), 0.02, np.float32)
    for start, end in active:
        first, last = frame_at(np.array([start, end]))
        activity[first:last] = level
    return Tracklet(0, activity, ((0, 0),))


def times(pieces: list[Piece]) -> list[tuple[float, float]]:
    return [(piece.start, piece.end) for piece in pieces]


def approximately(*expected: tuple[float, float]) -> list:
    return [pytest.approx(pair, abs=0.05) for pair in expected]


def test_one_voice_is_cut_at_its_pauses() -> None:
    pieces = cut_pieces([tracklet((1, 3), (4, 7))], 60)
    assert times(pieces) == approximately((1, 3), (4, 7))
    assert [piece.clean for piece in pieces] == pytest.approx([2, 3], abs=0.05)
    assert [piece.seconds for piece in pieces] == [piece.clean for piece in pieces]


def test_a_breath_joins_what_is_brief_but_not_where_somebody_else_speaks_in_it() -> None:
    voice, other = tracklet((1, 1.5), (1.9, 3.4)), tracklet((1.5, 1.9))
    assert times(cut_pieces([voice], 60)) == approximately((1, 3.4))
    assert times(cut_pieces([voice, other], 60)[:2]) == approximately((1, 1.5), (1.9, 3.4))


def test_two_longer_stretches_are_judged_each_by_itself_but_for_a_stop_consonant() -> None:
    assert times(cut_pieces([tracklet((1, 2), (2.4, 3.4))], 60)) == approximately((1, 2), (2.4, 3.4))
    assert times(cut_pieces([tracklet((1, 2), (2.08, 3))], 60)) == approximately((1, 3))


def test_long_speech_is_cut_at_its_weakest_moment() -> None:
    voice = tracklet((0.5, 6.5))
    first, last = frame_at(np.array([3.96, 4.04]))
    voice.activity[first:last] = 0.5
    pieces = cut_pieces([voice], 60)
    assert times(pieces) == approximately((0.5, 4), (4, 6.5))


def test_only_what_is_spoken_alone_is_embedded_where_that_is_enough() -> None:
    left, right = cut_pieces([tracklet((1, 4)), tracklet((3, 6))], 60)
    assert (left.end, right.start) == (pytest.approx(3, abs=0.05), pytest.approx(4, abs=0.05))
    assert left.clean == pytest.approx(2, abs=0.05)


def test_a_voice_that_never_speaks_alone_is_embedded_all_the_same_and_says_so() -> None:
    _, _, inside = cut_pieces([tracklet((1, 8)), tracklet((3, 4))], 60)
    assert inside.clean == 0
    assert (inside.start, inside.end) == (pytest.approx(3, abs=0.05), pytest.approx(4, abs=0.05))


def test_a_faint_voice_is_not_lost() -> None:
    (piece,) = cut_pieces([tracklet((2, 3), level=0.2)], 60)
    assert (piece.start, piece.end, piece.clean) == (pytest.approx(2, abs=0.05), pytest.approx(3, abs=0.05), 0)


def test_nothing_comes_of_nothing() -> None:
    assert cut_pieces([], 10) == []
    assert cut_pieces([tracklet((1, 1.05), level=0.5)], 60) == []


def test_no_feature_frame_lies_beyond_the_recording() -> None:
    duration = 5.123
    (piece,) = cut_pieces([tracklet((3, 12), until=20)], duration)
    assert piece.frames[-1] * 160 + 400 <= duration * 16_000
    assert piece.end == pytest.approx(duration, abs=0.05)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0.5, 1.0, LONGEST]))
def test_pieces_are_short_in_order_and_share_no_frame_of_a_tracklet(seed: int, voices: int, longest: float) -> None:
    random = np.random.default_rng(seed)
    heard = [
        Tracklet(int(random.integers(0, 100)), np.repeat(random.random(60), 25).astype(np.float32), ((0, k),))
        for k in range(voices)
    ]
    pieces = cut_pieces(heard, 25.0, longest)
    for number, voice in enumerate(heard):
        own = [piece for piece in pieces if piece.tracklet == number]
        frames = np.concatenate([piece.frames for piece in own])
        assert (np.diff(frames) > 0).all()
        grid = frame_at(0.0125 + FEATURE_STEP * frames)
        assert grid.min() >= voice.start
        assert grid.max() < voice.end
    assert [piece.tracklet for piece in pieces] == sorted(piece.tracklet for piece in pieces)
    for piece in pieces:
        assert piece.clean in (0, piece.seconds)
        assert piece.clean <= longest + 1e-9
        assert piece.seconds >= 0.1 - 1e-9
        assert piece.start <= piece.end


def test_a_piece_is_halved_at_its_pause_or_not_at_all() -> None:
    voice = tracklet((1, 4))
    first, last = frame_at(np.array([2.2, 2.3]))
    voice.activity[first:last] = 0.45
    (piece,) = cut_pieces([voice], 60)
    halves = halve(piece, voice)
    assert halves is not None
    assert times(list(halves)) == approximately((1, 2.25), (2.25, 4))
    assert sum(half.clean for half in halves) == pytest.approx(piece.clean)
    assert np.concatenate([half.frames for half in halves]).tolist() == piece.frames.tolist()
    (short,) = cut_pieces([tracklet((1, 1.5))], 60)
    assert halve(short, voice) is None


def test_frame_time_of_a_piece_is_the_time_of_the_recording() -> None:
    voice = Tracklet(590, np.full(100, 0.9, np.float32), ((10, 0),))
    (piece,) = cut_pieces([voice], 60)
    assert (piece.start, piece.end) == pytest.approx((frame_time(590), frame_time(690)), abs=0.03)
