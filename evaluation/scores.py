"""One recording's score, and many pooled into one: sums of errors over sums of what there was to get right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.annotations import Annotation
from evaluation.der import DiarizationErrors, count_speakers, diarization_errors
from evaluation.wer import Normalise, WordErrors, cp_word_errors, word_errors
from pipeline.types import Span

COLLARS = (0.0, 0.25)  # seconds on each side of a reference boundary


@dataclass(frozen=True)
class Score:
    """der: errors by collar; speakers: reference and hypothesis; wer, cpwer: None where either side has no words."""

    region: Span
    speakers: tuple[int, int]
    der: dict[float, DiarizationErrors]
    wer: WordErrors | None = None
    cpwer: WordErrors | None = None


@dataclass(frozen=True)
class Total:
    """Pooled over ``recordings``; the word errors over those that have words on both sides."""

    recordings: int
    seconds: float
    counts_right: int
    der: dict[float, DiarizationErrors]
    wer: WordErrors | None
    cpwer: WordErrors | None


def score(reference: Annotation, hypothesis: Annotation, normalise: Normalise, duration: float | None = None) -> Score:
    """``hypothesis`` against ``reference`` from 0 to ``duration`` s, or to the end of both where that is None.

    Turns are cut to that region; words are scored whole.
    """
    region = Span(0.0, max(reference.end, hypothesis.end) if duration is None else duration)
    wer, cpwer = _score_words(reference, hypothesis, normalise)
    return Score(
        region=region,
        speakers=(count_speakers(reference.turns, region), count_speakers(hypothesis.turns, region)),
        der={collar: diarization_errors(reference.turns, hypothesis.turns, region, collar) for collar in COLLARS},
        wer=wer,
        cpwer=cpwer,
    )


def pool(scores: Sequence[Score]) -> Total:
    """The total over ``scores``; never a mean of their rates."""
    return Total(
        recordings=len(scores),
        seconds=sum(item.region.duration for item in scores),
        counts_right=sum(item.speakers[0] == item.speakers[1] for item in scores),
        der={collar: sum((item.der[collar] for item in scores), DiarizationErrors()) for collar in COLLARS},
        wer=_pool_words([item.wer for item in scores]),
        cpwer=_pool_words([item.cpwer for item in scores]),
    )


def _score_words(
    reference: Annotation, hypothesis: Annotation, normalise: Normalise
) -> tuple[WordErrors | None, WordErrors | None]:
    said, heard = reference.segments, hypothesis.segments
    if said is None or heard is None:
        return None, None
    return word_errors(said, heard, normalise), cp_word_errors(said, heard, normalise)


def _pool_words(errors: Sequence[WordErrors | None]) -> WordErrors | None:
    known = [item for item in errors if item is not None]
    return sum(known, WordErrors()) if known else None
