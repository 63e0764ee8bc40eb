"""Diarization error rate (NIST RT): missed speech, false alarm and confusion over reference speech.

The counting is pyannote.metrics' own; overlapped speech is scored, each speaker in it for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyannote.core import Annotation, Timeline
from pyannote.core import Segment as Interval
from pyannote.metrics.diarization import DiarizationErrorRate

from pipeline.types import Span, Turn


@dataclass(frozen=True)
class DiarizationErrors:
    """Seconds, summed over speakers. ``+`` pools recordings, so that a long one counts for more."""

    speech: float = 0.0
    missed: float = 0.0
    false_alarm: float = 0.0
    confusion: float = 0.0

    def __add__(self, other: DiarizationErrors) -> DiarizationErrors:
        return DiarizationErrors(
            self.speech + other.speech,
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confusion + other.confusion,
        )

    @property
    def rate(self) -> float | None:
        """DER as a share of the reference speech; None where there is none."""
        return self.share(self.missed + self.false_alarm + self.confusion)

    def share(self, seconds: float) -> float | None:
        return seconds / self.speech if self.speech else None


def diarization_errors(
    reference: Iterable[Turn], hypothesis: Iterable[Turn], region: Span, collar: float
) -> DiarizationErrors:
    """The errors within ``region``, ``collar`` seconds left out on each side of every reference boundary.

    A speaker's own turns that touch or overlap count as one turn, so no speaker is scored twice at one time.
    """
    # pyannote.metrics wants the whole width of the collar, the field quotes the half on each side.
    metric = DiarizationErrorRate(collar=2 * collar, skip_overlap=False)
    uem = Timeline([Interval(region.start, region.end)])
    parts = metric.compute_components(_annotation(reference), _annotation(hypothesis), uem=uem)
    return DiarizationErrors(
        *(float(parts[key] or 0.0) for key in ("total", "missed detection", "false alarm", "confusion"))
    )


def match_speakers(reference: Iterable[Turn], hypothesis: Iterable[Turn]) -> dict[str, str]:
    """{speaker of the hypothesis: the one of the reference that it is taken for}, as the errors are counted: so that
    they agree for as long as can be. One who agrees with nobody is missing."""
    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    matched = metric.optimal_mapping(_annotation(reference), _annotation(hypothesis))
    return {str(ours): str(theirs) for ours, theirs in matched.items()}


def count_speakers(turns: Iterable[Turn], region: Span) -> int:
    """How many speakers are heard within ``region``."""
    return len({turn.speaker for turn in turns if min(turn.end, region.end) > max(turn.start, region.start)})


def _annotation(turns: Iterable[Turn]) -> Annotation:
    annotation = Annotation()
    for track, turn in enumerate(turns):
        annotation[Interval(turn.start, turn.end), track] = turn.speaker
    return annotation.support()
