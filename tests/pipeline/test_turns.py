from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.pieces import cut_pieces
from pipeline.pyannet import FRAMES
from pipeline.segmentation import LocalActivity, frame_time
from pipeline.tracklets import Tracklet, link
from pipeline.turns import draw_turns, speech_probability
from pipeline.types import Turn
from tests.pipeline.conftest import Hear, Script


def drawn(hear: Hear, script: Script, duration: float, speech: np.ndarray | None = None) -> list[Turn]:
    """Turns of a script, every piece labelled with who speaks in its middle."""
    local = hear(script, duration)
    tracklets = link(local)
    pieces = cut_pieces(tracklets, duration)

    def speaker(time: float) -> int:
        return next(k for k, turns in enumerate(script.values()) if any(start <= time < end for start, end in turns))

    labels = np.array([speaker(piece.frames[len(piece.frames) // 2] * 0.01) for piece in pieces], int)
    return draw_turns(local, local.speech if speech is None else speech, tracklets, pieces, labels, duration)


def of(turns: Sequence[Turn], speaker: str) -> list[tuple[float, float]]:
    return [pytest.approx((turn.start, turn.end), abs=0.1) for turn in turns if turn.speaker == speaker]


def test_turns_are_what_was_spoken(hear: Hear) -> None:
    script = {"anna": [(0.5, 5), (11, 15)], "ben": [(5.5, 10), (20, 26)]}
    turns = drawn(hear, script, 30)
    assert script["anna"] == of(turns, "0")
    assert script["ben"] == of(turns, "1")
    assert turns == sorted(turns, key=lambda turn: (turn.start, turn.end))


def test_two_speakers_at_once_have_two_turns(hear: Hear) -> None:
    script = {"anna": [(0.5, 8)], "ben": [(6, 14)]}
    turns = drawn(hear, script, 16)
    assert script["anna"] == of(turns, "0")
    assert script["ben"] == of(turns, "1")


@pytest.mark.parametrize(("count", "turns"), [(1.4, 2), (1.2, 1)])
def test_a_second_speaker_needs_enough_of_the_windows(count: float, turns: int, hear: Hear) -> None:
    heard = hear({"anna": [(0.5, 8)], "ben": [(3, 5), (8.2, 9.5)]}, 10)
    local = replace(heard, count=np.where(heard.count > 1, np.float32(count), heard.count))
    tracklets = sorted(link(local), key=lambda tracklet: -tracklet.activity.sum())
    pieces = cut_pieces(tracklets, 10)
    labels = np.array([piece.tracklet for piece in pieces])
    drawn = draw_turns(local, local.speech, tracklets, pieces, labels, 10)
    assert sum(turn.start < 4 < turn.end for turn in drawn) == turns


def test_a_breath_is_no_new_turn_but_a_pause_is(hear: Hear) -> None:
    turns = drawn(hear, {"anna": [(1, 3), (3.4, 6), (7, 9)]}, 10)
    assert of(turns, "0") == [(1, 6), (7, 9)]


def test_nobody_speaks_where_both_networks_hear_nothing(hear: Hear) -> None:
    local = hear({"anna": [(1, 9)]}, 10)
    speech = np.where(frame_time(np.arange(local.frames)) < 5, local.speech, 0.1)
    assert of(drawn(hear, {"anna": [(1, 9)]}, 10, speech), "0") == [(1, 5)]


def test_no_turn_goes_beyond_the_recording(hear: Hear) -> None:
    (turn,) = drawn(hear, {"anna": [(0, 7)]}, 6.5)
    assert (turn.start, turn.end) == (0.0, 6.5)


def test_a_voice_that_is_never_the_loudest_keeps_its_longest_piece() -> None:
    loud, faint = (Tracklet(0, np.full(FRAMES, level, np.float32), ((0, k),)) for k, level in enumerate((0.9, 0.45)))
    pieces = cut_pieces([loud, faint], 10)
    labels = np.array([piece.tracklet for piece in pieces])
    one = np.ones(FRAMES, np.float32)
    silent = np.zeros((1, FRAMES, 3))
    local = LocalActivity(silent.astype(np.float16), silent.astype(bool), one, one)
    turns = draw_turns(local, one, [loud, faint], pieces, labels, 10)
    assert {turn.speaker for turn in turns} == {"0", "1"}


def test_no_pieces_no_turns(hear: Hear) -> None:
    local = hear({}, 12)
    assert draw_turns(local, local.speech, [], [], np.zeros(0, int), 12) == []


def test_both_networks_have_their_share_in_what_is_speech(hear: Hear) -> None:
    local = hear({"anna": [(0, 5)]}, 10)
    deaf = speech_probability(local, np.zeros(500, np.float32))
    agreed = speech_probability(local, np.repeat([1.0, 0.0], 250).astype(np.float32))
    assert deaf.shape == local.speech.shape
    np.testing.assert_allclose(deaf, 0.6 * local.speech, rtol=1e-6)
    middle = frame_time(np.arange(local.frames))
    assert agreed[middle < 4.9].min() > 0.9
    assert agreed[middle > 5.1].max() < 0.1


def test_a_detector_that_ends_early_goes_on_as_it_ended(hear: Hear) -> None:
    local = hear({"anna": [(0, 5)]}, 20)
    speech = speech_probability(local, np.array([0.0, 1.0], np.float32))
    assert speech[-1] == pytest.approx(0.6 * local.speech[-1] + 0.4)
