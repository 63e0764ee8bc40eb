"""Two contenders over several rounds: how fast, how large and how right each was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.recordings import Recording
from benchmarks.rounds import Run, Work
from evaluation.scores import Score, Total, pool, score
from evaluation.wer import normaliser


@dataclass(frozen=True)
class Spread:
    """A figure over the rounds; the median, because a load on the machine only ever makes times longer."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = list(values)
        return cls(median(found), min(found), max(found))


@dataclass(frozen=True)
class Comparison:
    """pairs: for each round the runs of A and B over the same recordings, one straight after the other."""

    pairs: Sequence[tuple[Run, Run]]
    recordings: Sequence[Recording]

    @property
    def names(self) -> tuple[str, str]:
        first, second = self.pairs[0]
        return first.contender, second.contender

    def runs(self, side: int) -> list[Run]:
        return [pair[side] for pair in self.pairs]

    def ratio(self, seconds: Callable[[Run], float]) -> Spread:
        """How many times as long B takes as A, pair by pair."""
        return Spread.of(seconds(b) / seconds(a) for a, b in self.pairs)

    def file_ratio(self, index: int) -> Spread:
        return self.ratio(lambda run: run.works[index].wall)

    def real_time(self, side: int, index: int | None = None) -> Spread:
        """Real-time factor: seconds of work for a second of audio, of one file or (None) of all together."""
        whole: list[Run | Work] = [run if index is None else run.works[index] for run in self.runs(side)]
        return Spread.of(item.wall / item.duration for item in whole)

    def cpu(self, side: int) -> Spread:
        """CPU seconds for a second of audio."""
        return Spread.of(run.cpu / run.duration for run in self.runs(side))

    def peak(self, side: int) -> int | None:
        """Bytes; the highest of all rounds."""
        return max((run.peak for run in self.runs(side) if run.peak), default=None)

    def startup(self, side: int) -> Spread:
        return Spread.of(run.startup for run in self.runs(side))

    def first(self, side: int) -> Spread:
        """Seconds for the clip that warms up, the first that a process hears."""
        return Spread.of(run.first for run in self.runs(side))

    def scores(self, side: int) -> list[Score | None]:
        """Of the first round, file by file; None where there is no reference."""
        return [_score(*item) for item in zip(self.recordings, self.pairs[0][side].works, strict=True)]

    def total(self, side: int) -> Total:
        return pool([item for item in self.scores(side) if item])


def _score(recording: Recording, work: Work) -> Score | None:
    if recording.reference is None:
        return None
    return score(recording.reference, work.heard, normaliser(None), recording.duration)


@dataclass(frozen=True)
class Growth:
    """Runs of one contender over recordings of growing length, one to a run; from the shortest to the longest."""

    runs: Sequence[Sequence[Run]]  # runs[length][round]

    @property
    def minutes(self) -> list[float]:
        return [runs[0].duration / 60 for runs in self.runs]

    def seconds(self, length: int) -> Spread:
        """Seconds of work for a minute of audio."""
        return Spread.of(60 * run.wall / run.duration for run in self.runs[length])

    def relative(self, length: int) -> float:
        """The median of :meth:`seconds` over that of the shortest recording."""
        return self.seconds(length).median / self.seconds(0).median

    def stage_seconds(self, length: int) -> dict[str, float]:
        """For each stage the median of its seconds for a minute of audio."""
        runs = self.runs[length]
        stages = runs[0].works[0].stages
        return {stage: median(60 * run.works[0].stages[stage] / run.duration for run in runs) for stage in stages}

    def peak(self, length: int) -> int | None:
        return max((run.peak for run in self.runs[length] if run.peak), default=None)

    def per_minute(self, length: int) -> float | None:
        """Bytes of peak memory that each minute beyond the shortest recording adds."""
        low, high = self.peak(0), self.peak(length)
        if not (length and low and high):
            return None
        return (high - low) / (self.minutes[length] - self.minutes[0])
