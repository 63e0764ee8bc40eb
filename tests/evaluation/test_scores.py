from __future__ import annotations

import os
from pathlib import Path

import pytest
import soundfile

from evaluation.annotations import Annotation, read_annotation
from evaluation.scores import COLLARS, pool, score
from evaluation.wer import normaliser
from pipeline.types import Segment, Span, Turn

ENGLISH = normaliser("en")
ANN = Annotation((Turn("ann", 0, 8),), (Segment("ann", 0, 8, "red green blue pink"),))
BOB = Annotation((Turn("bob", 0, 2), Turn("eve", 2, 4)))
HEARD = Annotation((Turn("0", 0, 4),), (Segment("0", 0, 4, "red green blue"),))
DATA = Path(os.environ.get("REAL_AUDIO_DIR") or Path(__file__).parents[3] / "shared" / "data")


def test_one_recording():
    scored = score(ANN, HEARD, ENGLISH, duration=10)
    assert scored.region == Span(0, 10)
    assert scored.speakers == (1, 1)
    assert scored.der[0].rate == pytest.approx(0.5)
    assert scored.wer is not None
    assert scored.wer.rate == scored.cpwer.rate == 0.25


def test_without_a_duration_all_that_is_labelled_is_scored():
    assert score(HEARD, ANN, ENGLISH).region == Span(0, 8)
    assert score(HEARD, ANN, ENGLISH).der[0].false_alarm == pytest.approx(4)
    assert score(HEARD, ANN, ENGLISH, duration=4).der[0].false_alarm == 0


def test_words_are_scored_where_both_sides_have_them():
    assert score(BOB, HEARD, ENGLISH).wer is None
    assert score(ANN, BOB, ENGLISH).cpwer is None


def test_a_total_is_pooled_and_no_mean():
    total = pool([score(ANN, HEARD, ENGLISH, 10), score(BOB, HEARD, ENGLISH, 5)])
    assert (total.recordings, total.seconds, total.counts_right) == (2, 15, 1)
    assert total.der[0].rate == pytest.approx((4 + 2) / (8 + 4))
    assert total.wer is not None
    assert total.wer.words == 4


def test_a_total_of_nothing():
    total = pool([])
    assert (total.recordings, total.der[0].rate, total.wer) == (0, None, None)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the test recordings: set REAL_AUDIO_DIR")
@pytest.mark.parametrize("labels", sorted(DATA.glob("*/*.rttm")), ids=lambda path: path.stem)
def test_a_real_reference_scores_nothing_against_itself(labels):
    reference = read_annotation(labels.parent, labels.stem)
    duration = soundfile.info(labels.with_suffix(".flac")).duration
    scored = score(reference, reference, ENGLISH, duration)
    assert [scored.der[collar].rate for collar in COLLARS] == [0, 0]
    assert scored.der[0].speech <= sum(turn.end - turn.start for turn in reference.turns) + 1e-6
    assert scored.cpwer is None or scored.cpwer.rate == 0
