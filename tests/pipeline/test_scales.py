"""Windows, beside NeMo's own cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.parameters import SHORTEST_WINDOW
from pipeline.scales import Window, cut_windows, repeated
from pipeline.types import Span

lengths = st.sampled_from([(3.0, 1.5), (1.5, 0.75), (1.25, 0.625), (1.0, 0.5), (0.75, 0.375), (0.5, 0.25), (0.7, 0.3)])


@given(st.lists(st.tuples(st.floats(0, 9_000), st.floats(0.001, 40)), max_size=5), lengths)
def test_windows_are_nemos(found: list[tuple[float, float]], scale: tuple[float, float]) -> None:
    from nemo.collections.asr.parts.utils.speaker_utils import get_subsegments_scriptable

    spans = [Span(start, start + duration) for start, duration in found]
    cuts = [
        window
        for span in spans
        for window in get_subsegments_scriptable(round(span.start, 5), *scale, round(span.duration, 5))
    ]
    assert [list(window) for window in cut_windows(spans, *scale)] == [cut for cut in cuts if cut[1] > SHORTEST_WINDOW]


def test_every_moment_of_speech_lies_in_a_window() -> None:
    windows = cut_windows([Span(1.0, 5.3), Span(9.0, 9.2)], 1.5, 0.75)
    assert [round(window.start, 3) for window in windows] == [1.0, 1.75, 2.5, 3.25, 4.0, 9.0]
    assert windows[4].end == pytest.approx(5.3)
    assert windows[5].duration == pytest.approx(0.2)


def test_a_click_is_no_window() -> None:
    assert cut_windows([Span(1.0, 1.04)], 1.5, 0.75) == []
    assert cut_windows([], 1.5, 0.75) == []


def test_both_ends_of_a_window_are_rounded_down() -> None:
    samples = np.arange(40_000, dtype=np.float32)
    assert Window(0.1 + 0.2, 0.63).cut(samples)[0] == 4_800
    assert len(Window(1.0, 0.00019).cut(samples)) == 3
    assert len(Window(2.4, 1.0).cut(samples)) == 1_600


def test_a_short_clip_goes_on_with_itself_and_ends_with_its_own_end() -> None:
    from nemo.collections.asr.data.audio_to_label import repeat_signal
    from torch import from_numpy

    for size in (1, 3, 5, 7, 10):
        clip = np.arange(size, dtype=np.float32)
        np.testing.assert_array_equal(repeated(clip, 10), repeat_signal(from_numpy(clip), size, 10).numpy())
