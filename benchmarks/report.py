"""The figures as tables for people and as plain data for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.comparison import Comparison, Growth, Spread
from benchmarks.rounds import Run
from evaluation.scores import COLLARS, Score, Total

_MEGABYTE = 1024**2


@dataclass(frozen=True)
class Report:
    """machine: see :func:`describe_machine`."""

    machine: dict[str, Any]
    comparison: Comparison
    growth: Growth


def describe_machine(threads: int) -> dict[str, Any]:
    """Taken before the runs: load is that of other processes, and anything near the number of cores spoils times."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def machine_line(machine: dict[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in machine.items())


def comparison_tables(comparison: Comparison) -> str:
    """By recording, over all recordings, and the ratio in one sentence."""
    return f"{_files(comparison)}\n\n{_totals(comparison)}\n\n{_verdict(comparison)}"


def _files(comparison: Comparison) -> str:
    """One row per recording; A's figure stands before B's."""
    a, b = comparison.names
    rows = [["recording", "minutes", f"RTF {a}", f"RTF {b}", "times as fast", "speakers", "DER@0.25", "cpWER"]]
    scores = list(zip(comparison.scores(0), comparison.scores(1), strict=True))
    for index, recording in enumerate(comparison.recordings):
        times = [f"{comparison.real_time(side, index).median:.3f}" for side in (0, 1)]
        minutes, ratio = f"{recording.duration / 60:.1f}", _spread(comparison.file_ratio(index))
        rows.append([recording.name, minutes, *times, ratio, *_both(scores[index])])
    legend = f"RTF: seconds of work for a second of audio; {a} | {b}: speakers found, DER and cpWER in %"
    return f"{align(rows)}\n{legend}"


def _both(scores: tuple[Score | None, Score | None]) -> list[str]:
    a, b = scores
    if not (a and b):
        return ["-", "-", "-"]
    return [
        f"{a.speakers[1]} | {b.speakers[1]} of {a.speakers[0]}",
        f"{_percent(a.der[0.25].rate)} | {_percent(b.der[0.25].rate)}",
        f"{_cpwer(a)} | {_cpwer(b)}",
    ]


def _totals(comparison: Comparison) -> str:
    totals = [comparison.total(side) for side in (0, 1)]
    rows = [["all recordings", *comparison.names]]
    rows.append(["real-time factor", *(_spread(comparison.real_time(side), 3) for side in (0, 1))])
    rows.append(["times real time", *(f"{1 / comparison.real_time(side).median:.1f}" for side in (0, 1))])
    rows.append(["CPU s per s of audio", *(_spread(comparison.cpu(side), 3) for side in (0, 1))])
    rows.append(["start to models loaded, s", *(_spread(comparison.startup(side), 1) for side in (0, 1))])
    rows.append(["first clip of 10 s, s", *(_spread(comparison.first(side), 1) for side in (0, 1))])
    rows.append(["peak memory, MB", *(_megabytes(comparison.peak(side)) for side in (0, 1))])
    rows.append(["speaker counts right", *(f"{total.counts_right} of {total.recordings}" for total in totals)])
    rows += [[f"DER@{collar:g}, %", *(_percent(total.der[collar].rate) for total in totals)] for collar in COLLARS]
    rows.append(["cpWER, %", *(_cpwer(total) for total in totals)])
    return align(rows)


def _verdict(comparison: Comparison) -> str:
    a, b = comparison.names
    speed, whole = comparison.ratio(lambda run: run.wall), comparison.ratio(lambda run: run.startup + run.wall)
    pairs = f"median (lowest-highest) of {len(comparison.pairs)} pairs"
    return f"{a} is {_spread(speed)} times as fast as {b}, {_spread(whole)} with start-up; {pairs}."


def growth_table(growth: Growth) -> str:
    stages = list(growth.stage_seconds(0))
    rows = [["minutes", "s per minute", "relative", "peak MB", "MB per further minute", *stages]]
    for index, minutes in enumerate(growth.minutes):
        added = growth.per_minute(index)
        rows.append(
            [
                f"{minutes:g}",
                _spread(growth.seconds(index)),
                f"{growth.relative(index):.2f}",
                _megabytes(growth.peak(index)),
                "-" if added is None else f"{added / _MEGABYTE:.1f}",
                *(f"{seconds:.2f}" for seconds in growth.stage_seconds(index).values()),
            ]
        )
    return f"How time and memory of {growth.runs[0][0].contender} grow; stages in s per minute of audio\n{align(rows)}"


def _spread(value: Spread, digits: int = 2) -> str:
    if value.low == value.high:
        return f"{value.median:.{digits}f}"
    return f"{value.median:.{digits}f} ({value.low:.{digits}f}-{value.high:.{digits}f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _cpwer(score: Score | Total) -> str:
    return _percent(score.cpwer.rate if score.cpwer else None)


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / _MEGABYTE:.0f}"


def align(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_row(row, widths)) for row in rows)


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = row
    return [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]


def to_dict(report: Report) -> dict[str, Any]:
    """Every run as it was measured, so that each figure can be worked out again; seconds, bytes and shares."""
    comparison, growth = report.comparison, report.growth
    return {
        "machine": report.machine,
        "ratio": {
            "work": asdict(comparison.ratio(lambda run: run.wall)),
            "with_startup": asdict(comparison.ratio(lambda run: run.startup + run.wall)),
            "cpu": asdict(comparison.ratio(lambda run: run.cpu)),
        },
        "contenders": [_contender(comparison, side) for side in (0, 1)],
        "rounds": [[_run(run) for run in pair] for pair in comparison.pairs],
        "growth": [
            {
                "minutes": minutes,
                "seconds_per_minute": asdict(growth.seconds(index)),
                "relative": growth.relative(index),
                "peak": growth.peak(index),
                "stages": growth.stage_seconds(index),
                "runs": [_run(run) for run in growth.runs[index]],
            }
            for index, minutes in enumerate(growth.minutes)
        ],
    }


def _contender(comparison: Comparison, side: int) -> dict[str, Any]:
    run, total = comparison.pairs[0][side], comparison.total(side)
    return {
        "name": run.contender,
        "models": run.models,
        "versions": run.versions,
        "real_time_factor": asdict(comparison.real_time(side)),
        "cpu_factor": asdict(comparison.cpu(side)),
        "startup": asdict(comparison.startup(side)),
        "first_clip": asdict(comparison.first(side)),
        "peak": comparison.peak(side),
        "scored": total.recordings,
        "speaker_counts_right": total.counts_right,
        "der": {f"{collar:g}": total.der[collar].rate for collar in COLLARS},
        "cpwer": total.cpwer.rate if total.cpwer else None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "contender": run.contender,
        "startup": run.startup,
        "first_clip": run.first,
        "peak": run.peak,
        "files": [
            {"name": work.name, "duration": work.duration, "wall": work.wall, "cpu": work.cpu, "stages": work.stages}
            for work in run.works
        ],
    }
