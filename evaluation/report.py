"""An evaluation's results as a table for people and as plain data for machines; both name the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.der import DiarizationErrors
from evaluation.scores import COLLARS, Score, Total, pool
from evaluation.wer import WordErrors

_UNITS = (
    "figures: per cent of reference speech (DER = missed + false alarm + confusion) or of reference words (WER, cpWER)"
)


@dataclass(frozen=True)
class Result:
    """One recording: its score, or why there is none."""

    name: str
    score: Score | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """protocol: what the figures mean, a line each; a figure without it can be compared with nothing."""

    protocol: dict[str, str]
    results: tuple[Result, ...]

    @property
    def total(self) -> Total:
        """Pooled over the recordings that have a score."""
        return pool([result.score for result in self.results if result.score])

    @property
    def complete(self) -> bool:
        return all(result.score for result in self.results)


def to_dict(report: Report) -> dict[str, Any]:
    """Rates are shares (0.05 is 5 %), None where there is nothing to divide by; the rest is seconds and counts."""
    total = report.total
    return {
        "protocol": report.protocol,
        "files": [_result(result) for result in report.results],
        "total": {
            "files": len(report.results),
            "scored": total.recordings,
            "seconds": round(total.seconds, 3),
            "speaker_counts_right": total.counts_right,
            **_rates(total),
        },
    }


def _result(result: Result) -> dict[str, Any]:
    row: dict[str, Any] = {"name": result.name, "error": result.error, "warnings": list(result.warnings)}
    if result.score is None:
        return row
    region, (reference, hypothesis) = result.score.region, result.score.speakers
    return row | {
        "region": [region.start, round(region.end, 3)],
        "speakers": {"reference": reference, "hypothesis": hypothesis},
        **_rates(result.score),
    }


def _rates(score: Score | Total) -> dict[str, Any]:
    return {
        "der": {f"{collar:g}": _der(score.der[collar]) for collar in COLLARS},
        "wer": _words(score.wer),
        "cpwer": _words(score.cpwer),
    }


def _der(errors: DiarizationErrors) -> dict[str, float | None]:
    return {
        "rate": _round(errors.rate),
        "speech": _round(errors.speech),
        "missed": _round(errors.missed),
        "false_alarm": _round(errors.false_alarm),
        "confusion": _round(errors.confusion),
    }


def _words(errors: WordErrors | None) -> dict[str, Any] | None:
    if errors is None:
        return None
    return {
        "rate": _round(errors.rate),
        "words": errors.words,
        "substitutions": errors.substitutions,
        "deletions": errors.deletions,
        "insertions": errors.insertions,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def to_table(report: Report) -> str:
    """One row per recording that has a score, the total, then what went wrong and the protocol."""
    heads = [title for collar in COLLARS for title in (f"DER@{collar:g}", "miss", "FA", "conf")]
    rows = [["recording", "speakers", *heads, "WER", "cpWER"]]
    rows += [_row(result.name, result.score) for result in report.results if result.score]
    total = report.total
    counted = f"{total.counts_right}/{total.recordings} right"
    rows.append([f"TOTAL, {total.recordings} of {len(report.results)}", counted, *_cells(total)])
    notes = [f"{result.name}: {note}" for result in report.results for note in _notes(result)]
    protocol = [f"{key}: {value}" for key, value in report.protocol.items()]
    return "\n".join([*_align(rows), "", *notes, _UNITS, *protocol])


def _row(name: str, score: Score) -> list[str]:
    reference, hypothesis = score.speakers
    return [name, f"{hypothesis} of {reference}", *_cells(score)]


def _cells(score: Score | Total) -> list[str]:
    cells = []
    for collar in COLLARS:
        errors = score.der[collar]
        parts = (errors.missed, errors.false_alarm, errors.confusion)
        cells += [_percent(errors.rate), *(_percent(errors.share(seconds)) for seconds in parts)]
    return [*cells, *(_percent(words.rate if words else None) for words in (score.wer, score.cpwer))]


def _notes(result: Result) -> Sequence[str]:
    return [f"error: {result.error}"] if result.error else result.warnings


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns wide enough for their longest cell: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
