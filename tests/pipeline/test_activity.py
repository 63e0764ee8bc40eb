from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.activity import Activity, diarized
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.parameters import SortformerParameters
from pipeline.types import Span, Turn

RULES = SortformerParameters()
FRAME = 0.08
ANY = Bounds()


def activity(*speakers: str, frame: float = 1.0) -> Activity:
    """One string for each speaker, one digit of a frame's probability: "0990" is heard in frames 1 and 2."""
    columns = [[int(digit) / 10 for digit in speaker] for speaker in speakers]
    return Activity(np.array(columns, np.float32).T.reshape(-1, len(speakers)), frame)


def spoken(found: Diarized) -> dict[str, list[tuple[float, float]]]:
    times: dict[str, list[tuple[float, float]]] = {}
    for turn in found.turns:
        times.setdefault(turn.speaker, []).append((round(turn.start, 6), round(turn.end, 6)))
    return times


def test_active_frames_are_turns_that_may_overlap() -> None:
    found = diarized(activity("0990009", "0099000"), RULES, ANY, 7.0)
    assert spoken(found) == {"0": [(1, 3), (6, 6.99)], "1": [(2, 4)]}  # the last tick ends no span, as in NeMo
    assert [turn.start for turn in found.turns] == [1, 2, 6]


@hypothesis.settings(max_examples=50)  # NeMo's loop over frames takes its time
@given(
    values=arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(0, 1, width=32)),
    rules=st.builds(
        SortformerParameters,
        onset=st.sampled_from([0.3, 0.5, 0.7]),
        offset=st.sampled_from([0.3, 0.5, 0.7]),
        pad_onset=st.sampled_from([0.0, 0.05, 0.2]),
        pad_offset=st.sampled_from([0.0, 0.05, 0.2]),
        min_duration_on=st.sampled_from([0.0, 0.08, 0.3]),
        min_duration_off=st.sampled_from([0.0, 0.08, 0.3]),
    ),
)
def test_turns_are_those_of_nemos_post_processing(values: np.ndarray, rules: SortformerParameters) -> None:
    """On a recording that is long enough for the padding."""
    from nemo.collections.asr.parts.utils.vad_utils import PostProcessingParams, ts_vad_post_processing
    from omegaconf import OmegaConf

    names = ("onset", "offset", "pad_onset", "pad_offset", "min_duration_on", "min_duration_off")
    nemos = OmegaConf.structured(PostProcessingParams(**{name: getattr(rules, name) for name in names}))
    lists = [ts_vad_post_processing(torch.from_numpy(column), nemos, 8).tolist() for column in values.T.copy()]
    rows = [[row for row in found if row[0] < row[1]] for found in lists]  # diarize() leaves empty ones out too
    expected = {
        str(speaker): [pytest.approx(row, abs=1e-6) for row in found] for speaker, found in enumerate(rows) if found
    }
    assert spoken(diarized(Activity(values, FRAME), rules, ANY, 100.0)) == expected


def test_nobody_is_heard_in_silence() -> None:
    for frames in (0, 1, 50):
        assert diarized(Activity(np.zeros((frames, 4), np.float32), FRAME), RULES, ANY, frames * FRAME) == Diarized(
            (), ()
        )


def test_turns_end_where_the_recording_ends() -> None:
    (turn,) = diarized(activity("00999"), SortformerParameters(pad_offset=2.0), ANY, 4.5).turns
    assert turn == Turn("0", 2.0, 4.5)
    assert diarized(activity("00009"), RULES, ANY, 4.0).turns == ()


def test_beyond_the_bound_the_least_heard_go_to_whoever_is_loudest_beside_them() -> None:
    heard = activity("99990000", "00009990", "00220099", frame=1.0)
    heard.probability[2:4, 1] = 0.1
    assert spoken(diarized(heard, RULES, ANY, 8.0))["2"] == [(6, 7.99)]
    found = spoken(diarized(heard, RULES, Bounds(1, 2), 8.0))
    assert found == {"0": [(0, 4)], "1": [(4, 7.99)]}  # 1 speaks on into the first frame of 2, and takes its second


def test_a_stretch_stays_whole_when_it_is_given_away() -> None:
    """Though who is next loudest changes within it."""
    found = diarized(activity("9990000000", "0009990000", "0000009999", frame=1.0), RULES, Bounds(1, 1), 10.0)
    assert spoken(found) == {"2": [(0, 9.99)]}
    heard = activity("99999000000", "00000999900", "10000000099", frame=1.0)
    heard.probability[9:, :2] = [[0.3, 0.0], [0.0, 0.2]]
    assert spoken(diarized(heard, RULES, Bounds(1, 2), 11.0)) == {"0": [(0, 5), (9, 10.99)], "1": [(5, 9)]}


@given(
    values=arrays.arrays(np.float32, (40, 4), elements=st.sampled_from([0.0, 0.2, 0.6, 0.9])),
    high=st.integers(1, 5),
)
def test_no_more_speak_than_allowed_and_no_speech_is_lost(values: np.ndarray, high: int) -> None:
    free = diarized(Activity(values, FRAME), RULES, ANY, 3.2)
    bounded = diarized(Activity(values, FRAME), RULES, Bounds(1, high), 3.2)
    assert len(spoken(bounded)) == min(high, len(spoken(free)))
    assert bounded.speech == free.speech


def test_a_model_cannot_hear_more_than_it_does() -> None:
    assert set(spoken(diarized(activity("0990", "0099"), RULES, Bounds(3, 3), 4.0))) == {"0", "1"}


def test_speech_is_all_turns_with_some_sound_around() -> None:
    found = diarized(activity("099000000090", "009900000000"), RULES, ANY, 11.1)
    assert found.speech == (Span(1 - 0.15, 4 + 0.15), Span(10 - 0.15, 11.1))


def test_warnings_of_the_hearing_are_kept() -> None:
    heard = Activity(np.zeros((1, 4), np.float32), FRAME, ("Noisy.",))
    assert diarized(heard, RULES, ANY, 0.08).warnings == ("Noisy.",)
