"""What :mod:`benchmarks.nemo` found, as tables and as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.comparison import Comparison, Growth, Spread
from benchmarks.floor import Floor, counted
from benchmarks.report import align
from benchmarks.rounds import Run

_MEGABYTE = 1024**2


@dataclass(frozen=True)
class Pair:
    """Ours beside NeMo's. part: VOICES or a kind of recogniser; precision: of ours."""

    part: str
    precision: str
    comparison: Comparison

    @property
    def name(self) -> str:
        return counted(self.part, self.precision)

    @property
    def floors(self) -> tuple[str, str]:
        """What each side is held to: NeMo's diarizer computes what "exact" does; its transcribe(), beyond a chunk, more
        than the recogniser does."""
        return self.name, counted(self.part, "exact")


@dataclass(frozen=True)
class Measured:
    """pairs: {name: pair}; growth: {the same names: ours alone}."""

    machine: dict[str, Any]
    sizes: str
    floor: Floor
    pairs: dict[str, Pair]
    growth: dict[str, Growth]


def pair_table(pair: Pair, floor: Floor) -> str:
    """One row for each side and stage: seconds, the floor and the share of it reached; then the ratio in a sentence."""
    rows = [["side", "stage", "s", "floor s", "share of floor", "operations, 1e12"]]
    for index, (side, of) in enumerate(zip(pair.comparison.names, pair.floors, strict=True)):
        runs = pair.comparison.runs(index)
        for stage in runs[0].works[0].stages:
            rows.append([side, stage, *_stage(floor, of, stage, runs)])
    return f"{align(rows)}\n{_rates(floor)}\n{_verdict(pair.name, pair.comparison)}"


def _stage(floor: Floor, of: str, stage: str, runs: list[Run]) -> list[str]:
    seconds = median(run.works[0].stages[stage] for run in runs)
    least = floor.seconds(of, stage)
    if least is None:
        return [f"{seconds:.2f}", "-", "-", "-"]
    least *= runs[0].duration
    operations = floor.work[of][stage][1] * runs[0].duration / 1e12
    return [f"{seconds:.2f}", f"{least:.2f}", f"{100 * least / seconds:.0f} %", f"{operations:.2f}"]


def _rates(floor: Floor) -> str:
    rates = ", ".join(f"{rate / 1e9:.0f} in {dtype}" for dtype, rate in floor.rates.items())
    return f"matrix rate, 1e9 operations/s: {rates}"


def _verdict(name: str, comparison: Comparison) -> str:
    ours, theirs = comparison.names
    ratio = comparison.ratio(lambda run: run.wall)
    memory = f"{_megabytes(comparison.peak(0))} beside {_megabytes(comparison.peak(1))} MB"
    return f"{name}: {ours} is {_spread(ratio)} times as fast as {theirs} on {_audio(comparison)}, peak {memory}."


def _audio(comparison: Comparison) -> str:
    """Seconds of sound, and those spoken, by each side's turns: they must be alike for the times to be comparable."""
    run, other = comparison.pairs[0]
    said = [sum(turn.end - turn.start for work in r.works for turn in work.heard.turns) for r in (run, other)]
    return f"{run.duration:.0f} s of sound" + (f" ({said[0]:.0f} and {said[1]:.0f} s spoken)" if any(said) else "")


def growth_summary(name: str, growth: Growth) -> str:
    low, high = growth.peak(0), growth.peak(len(growth.runs) - 1)
    if not (low and high):
        return f"{name}: memory unknown on this system"
    first, last = growth.minutes[0], growth.minutes[-1]
    return f"{name}: at {last:g} minutes {high / low:.2f} times the memory of {first:g} minutes"


def _spread(value: Spread) -> str:
    return f"{value.median:.2f} ({value.low:.2f}-{value.high:.2f})"


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / _MEGABYTE:.0f}"


def to_dict(measured: Measured) -> dict[str, Any]:
    """Every run as it was measured; seconds, bytes, operations."""
    return {
        "machine": measured.machine,
        "sizes": measured.sizes,
        "floor": asdict(measured.floor),
        "pairs": {
            name: {
                "ratio": asdict(pair.comparison.ratio(lambda run: run.wall)),
                "rounds": [[_run(run) for run in runs] for runs in pair.comparison.pairs],
            }
            for name, pair in measured.pairs.items()
        },
        "growth": {name: [[_run(run) for run in runs] for runs in growth.runs]
                   for name, growth in measured.growth.items()},
    }  # fmt: skip


def _run(run: Run) -> dict[str, Any]:
    works = [
        {"duration": work.duration, "wall": work.wall, "cpu": work.cpu, "stages": work.stages} for work in run.works
    ]
    return {"side": run.contender, "startup": run.startup, "peak": run.peak, "models": run.models, "works": works}
