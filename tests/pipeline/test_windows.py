"""No speech lost or heard twice, no window too long, every time exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import SAMPLE_RATE, Audio, Span
from pipeline.windows import Window, padded, split, windows

SAMPLE = 1 / SAMPLE_RATE


def counting_audio(duration: float) -> Audio:
    """Sample i has the value i, so that a window shows where each of its samples came from (float32 holds 2**24)."""
    return Audio(np.arange(round(duration * SAMPLE_RATE), dtype=np.float32))


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Span], float]:
    """Sorted spans apart from each other, and a recording at least as long as the last one."""
    steps = draw(st.lists(st.tuples(st.floats(0, 8), st.floats(0.02, 70)), min_size=1, max_size=12))
    spans, time = [], 0.0
    for gap, length in steps:
        spans.append(Span(time + gap, time + gap + length))
        time += gap + length
    return spans, time + draw(st.floats(0, 3))


@settings(max_examples=60, deadline=None)
@given(recordings(), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_every_sample_of_speech_is_heard_once_in_order_and_fits(recording, padding):
    spans, duration = recording
    audio = counting_audio(duration)
    found = windows(spans, audio, longest=30.0, padding=padding)

    heard = np.concatenate([window.samples(audio) for window in found]).astype(np.int64)
    assert (np.diff(heard) > 0).all()
    assert max(len(window.samples(audio)) for window in found) <= 30 * SAMPLE_RATE
    for span in spans:
        first, last = round(span.start * SAMPLE_RATE), min(round(span.end * SAMPLE_RATE), len(audio.samples))
        assert np.isin(np.arange(first, last, 97), heard).all()
    silence = len(heard) - sum(round((span.end - span.start) * SAMPLE_RATE) for span in spans)
    assert silence <= len(spans) * (2 * padding * SAMPLE_RATE + 2)


@settings(max_examples=60, deadline=None)
@given(recordings(), st.floats(0, 1))
def test_each_instant_of_a_window_is_the_sample_that_was_heard_there(recording, fraction):
    spans, duration = recording
    audio = counting_audio(duration)
    for window in windows(spans, audio, longest=30.0, padding=0.2):
        samples = window.samples(audio)
        assert window.duration == pytest.approx(len(samples) * SAMPLE, abs=1e-9)
        index = int(fraction * (len(samples) - 1))
        start, end = window.interval(index * SAMPLE, (index + 1) * SAMPLE)
        assert start == pytest.approx(int(samples[index]) * SAMPLE, abs=1e-6)
        assert end == pytest.approx(start + SAMPLE, abs=1e-6)


def test_an_interval_over_a_left_out_pause_keeps_the_larger_part():
    pieces = (Span(10.0, 12.0), Span(50.0, 55.0))
    window = Window(pieces, pieces)
    assert window.interval(1.9, 3.0) == pytest.approx((50.0, 51.0))
    assert window.interval(0.5, 2.1) == pytest.approx((10.5, 12.0))
    assert window.interval(6.5, 9.0) == pytest.approx((54.5, 55.0))


def test_a_short_pause_stays_whole_and_a_long_one_is_shortened():
    spans = [Span(5.0, 6.0), Span(6.8, 8.0), Span(20.0, 21.0)]
    (window,) = windows(spans, counting_audio(30), longest=30.0, padding=0.5)
    assert window.pieces == (Span(4.5, 8.5), Span(19.5, 21.5))


def test_windows_are_few_and_cut_at_the_longest_pause():
    spans = [Span(0, 9), Span(9.2, 18), Span(19.5, 27), Span(27.2, 36), Span(36.2, 44)]
    found = windows(spans, counting_audio(44), longest=30.0, padding=0.1)
    assert [(window.pieces[0].start, window.pieces[-1].end) for window in found] == [(0, 18.1), (19.4, 44)]


def test_speech_without_a_pause_is_cut_where_it_is_quietest():
    audio = Audio(np.full(60 * SAMPLE_RATE, 0.1, np.float32))
    audio.samples[round(21.3 * SAMPLE_RATE) : round(21.4 * SAMPLE_RATE)] = 0.0
    first, second, _ = split(Span(0, 55), audio, 28.0)
    assert 21.3 <= first.end <= 21.4
    assert second.start == first.end


def test_padding_stays_in_the_recording_and_neighbours_meet_in_the_middle():
    assert padded([Span(0.1, 1), Span(1.2, 2)], 0.5, 2.25) == [Span(0, 1.1), Span(1.1, 2.25)]


def test_no_speech_makes_no_window():
    assert windows([], counting_audio(1), longest=30.0, padding=0.5) == []


def test_spans_beyond_the_recording_are_not_heard():
    assert windows([Span(3, 4)], counting_audio(2), longest=30.0, padding=0.5) == []
