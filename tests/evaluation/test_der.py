from __future__ import annotations

import pytest

from evaluation.der import DiarizationErrors, count_speakers, diarization_errors
from pipeline.types import Span, Turn

REGION = Span(0, 20)
ANN = Turn("ann", 0, 10)


def seconds(errors: DiarizationErrors) -> list[float]:
    return [round(part, 6) for part in (errors.speech, errors.missed, errors.false_alarm, errors.confusion)]


def test_each_kind_of_error_is_counted_in_seconds():
    reference = [ANN, Turn("bob", 10, 14)]
    hypothesis = [Turn("1", 1, 10), Turn("2", 10, 13), Turn("1", 13, 14), Turn("2", 16, 18)]
    errors = diarization_errors(reference, hypothesis, REGION, 0)
    assert seconds(errors) == [14, 1, 2, 1]
    assert errors.rate == pytest.approx(4 / 14)


def test_the_collar_is_left_out_on_each_side_of_a_reference_boundary():
    hypothesis = [Turn("1", 0.2, 10.5)]
    assert seconds(diarization_errors([ANN], hypothesis, REGION, 0)) == [10, 0.2, 0.5, 0]
    # 0-0.25 and 9.75-10.25 are not scored: 9.5 s of speech and 0.25 s of false alarm are left.
    assert seconds(diarization_errors([ANN], hypothesis, REGION, 0.25)) == [9.5, 0, 0.25, 0]


def test_overlapped_speech_is_scored_for_each_speaker():
    reference = [ANN, Turn("bob", 4, 6)]
    assert seconds(diarization_errors(reference, [Turn("1", 0, 10)], REGION, 0)) == [12, 2, 0, 0]


def test_a_speakers_own_overlapping_turns_count_once():
    twice = [Turn("ann", 0, 6), Turn("ann", 4, 10)]
    assert seconds(diarization_errors(twice, [ANN], REGION, 0)) == [10, 0, 0, 0]
    assert diarization_errors(twice, twice, REGION, 0.25) == diarization_errors([ANN], [ANN], REGION, 0.25)


def test_nothing_outside_the_region_counts():
    reference, hypothesis = [Turn("ann", 25, 40)], [Turn("1", 25, 40)]
    assert seconds(diarization_errors([ANN, *reference], [Turn("2", 0, 10)], REGION, 0)) == [10, 0, 0, 0]
    assert seconds(diarization_errors(reference, hypothesis, REGION, 0.25)) == [0, 0, 0, 0]
    assert count_speakers([ANN, *reference, Turn("bob", 20, 21)], REGION) == 1


def test_without_reference_speech_there_is_no_rate_but_the_false_alarm_is_pooled():
    silent = diarization_errors([], [Turn("1", 0, 5)], REGION, 0)
    assert seconds(silent) == [0, 0, 5, 0]
    assert silent.rate is None
    assert (silent + DiarizationErrors(speech=10, missed=1)).rate == pytest.approx(0.6)


def test_an_empty_region_has_no_errors():
    assert diarization_errors([], [], Span(0, 0), 0.25) == DiarizationErrors()
