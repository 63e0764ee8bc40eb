from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chunks import PAUSE, chunks, fitting
from pipeline.types import SAMPLE_RATE, Audio, Span


def noise(seconds: float, quiet: tuple[float, ...] = ()) -> Audio:
    """Loud all over but for 60 ms around each of ``quiet`` (s)."""
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)
    for instant in quiet:
        samples[round((instant - 0.03) * SAMPLE_RATE) : round((instant + 0.03) * SAMPLE_RATE)] = 0
    return Audio(samples)


def silence(seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * SAMPLE_RATE), np.float32))


def test_regions_with_a_short_pause_are_heard_together_and_others_apart() -> None:
    regions = [Span(1, 2), Span(2 + PAUSE, 4), Span(4 + PAUSE + 0.1, 6)]
    first, second = chunks(regions, noise(10), longest=20, overlap=2)
    assert (first.span, first.regions) == (Span(1, 4), tuple(regions[:2]))
    assert (second.span, second.regions) == (regions[2], (regions[2],))
    assert first.seam is second.seam is None


def test_a_chunk_ends_at_the_longest_pause_of_its_last_half() -> None:
    regions = [Span(0, 2), Span(2.9, 5), Span(5.3, 7), Span(7.6, 9), Span(9.1, 11)]
    found = chunks(regions, noise(12), longest=10, overlap=2)
    assert [chunk.span for chunk in found] == [Span(0, 7), Span(7.6, 11)]


def test_speech_without_a_pause_is_cut_where_it_is_quietest_and_heard_twice_there() -> None:
    left, right = chunks([Span(1, 16)], noise(20, quiet=(8.5,)), longest=12, overlap=4)
    assert right.seam is not None
    assert abs(right.seam - 8.5) < 0.05
    assert (left.span.start, right.span.end) == (1, 16)
    assert (left.span.end, right.span.start) == (right.seam + 2, right.seam - 2)
    assert left.regions == right.regions == (Span(1, 16),)


def test_what_is_empty_or_outside_the_recording_is_left_out() -> None:
    assert chunks([], noise(1), longest=10, overlap=2) == []
    assert chunks([Span(0.5, 0.5), Span(3, 4)], noise(1), longest=10, overlap=2) == []
    (chunk,) = chunks([Span(0.5, 4)], noise(1), longest=10, overlap=2)
    assert chunk.span == Span(0.5, 1)


lengths = st.lists(st.tuples(st.floats(0.01, 2.5), st.floats(0.01, 30)), min_size=1, max_size=12)


@given(lengths, st.floats(0, 4))
def test_all_speech_is_in_a_chunk_and_none_is_too_long(pauses_and_speech: list[tuple[float, float]], overlap: float):
    regions, now = list[Span](), 0.0
    for pause, speech in pauses_and_speech:
        regions.append(Span(now + pause, now + pause + speech))
        now = regions[-1].end
    found = chunks(regions, silence(now), longest=10, overlap=overlap)
    assert all(chunk.span.duration <= 10 + 1e-3 for chunk in found)
    assert all(
        left.span.end <= right.span.end and left.span.start < right.span.start for left, right in pairwise(found)
    )
    for left, right in pairwise(found):
        assert (right.seam is not None) == (left.regions[-1] == right.regions[0])
        if right.seam is not None:
            assert right.span.start <= right.seam <= left.span.end
    for region in regions:
        own = [chunk.span for chunk in found if any(abs(r.start - region.start) < 1e-3 for r in chunk.regions)]
        assert own[0].start <= region.start + 1e-3
        assert own[-1].end >= region.end - 1e-3


@given(st.floats(0.1, 30), st.floats(0.1, 300))
def test_a_batch_is_as_full_as_it_may_be_and_never_empty(longest: float, seconds: float) -> None:
    count = fitting(longest, seconds)
    assert count == 1 or count * longest <= seconds + 1e-3
    assert (count + 1) * longest > seconds - 1e-3
