"""What came of each recording: clips that were kept, and how many were not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpora.cutting import REASONS, Dropped
from corpora.entries import Entry


@dataclass(frozen=True)
class Outcome:
    """Of one recording. error: why there is nothing of it; duration, source_rate: s and Hz of the recording; models:
    {stage: who heard it}."""

    recording: str
    entries: tuple[Entry, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    duration: float = 0.0
    source_rate: int | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)


def to_dict(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain data: counts, and seconds rounded to the millisecond."""
    entries = [entry for outcome in outcomes for entry in outcome.entries]
    dropped = [piece for outcome in outcomes for piece in outcome.dropped]
    return {
        "clips": len(entries),
        "seconds": _seconds(entry.duration for entry in entries),
        "dropped": _reasons(dropped),
        "speakers": [_speaker(name, entries) for name in dict.fromkeys(entry.speaker for entry in entries)],
        "recordings": [_recording(outcome) for outcome in outcomes],
    }


def _recording(outcome: Outcome) -> dict[str, Any]:
    return {
        "recording": outcome.recording,
        "duration": round(outcome.duration, 3),
        "sample_rate": outcome.source_rate,
        "models": dict(outcome.models),
        "clips": len(outcome.entries),
        "seconds": _seconds(entry.duration for entry in outcome.entries),
        "dropped": _reasons(outcome.dropped),
        "warnings": list(outcome.warnings),
        "error": outcome.error,
    }


def _speaker(name: str, entries: Iterable[Entry]) -> dict[str, Any]:
    own = [entry for entry in entries if entry.speaker == name]
    seconds = _seconds(entry.duration for entry in own)
    return {"speaker": name, "folder": own[0].id.partition("/")[0], "clips": len(own), "seconds": seconds}


def _reasons(dropped: Iterable[Dropped]) -> dict[str, dict[str, float]]:
    rows = list(dropped)
    found = {reason: [piece.span.duration for piece in rows if piece.reason == reason] for reason in REASONS}
    return {reason: {"clips": len(spans), "seconds": _seconds(spans)} for reason, spans in found.items() if spans}


def _seconds(values: Iterable[float]) -> float:
    return round(sum(values), 3)


def to_table(outcomes: Sequence[Outcome]) -> str:
    """What was kept of each recording, then what was dropped and why, then what went wrong."""
    data = to_dict(outcomes)
    rows = [["recording", "minutes", "clips", "kept min", "dropped"]]
    rows += [_row(outcome.recording, row) for outcome, row in zip(outcomes, data["recordings"], strict=True)]
    if len(outcomes) > 1:
        total = data | {"duration": sum(outcome.duration for outcome in outcomes)}
        rows.append(_row("TOTAL", total))
    why = [["dropped because", "clips", "seconds"]]
    why += [[REASONS[reason], str(n["clips"]), f"{n['seconds']:.1f}"] for reason, n in data["dropped"].items()]
    notes = _grouped([(one.recording, note) for one in outcomes for note in _notes(one)])
    return "\n\n".join("\n".join(part) for part in (_align(rows), _align(why) if len(why) > 1 else [], notes) if part)


def _row(name: str, row: dict[str, Any]) -> list[str]:
    dropped = sum(int(n["clips"]) for n in row["dropped"].values())
    return [name, f"{row['duration'] / 60:.1f}", str(row["clips"]), f"{row['seconds'] / 60:.1f}", str(dropped)]


def _notes(outcome: Outcome) -> Sequence[str]:
    return [f"error: {outcome.error}"] if outcome.error else [f"warning: {warning}" for warning in outcome.warnings]


def _grouped(notes: Sequence[tuple[str, str]]) -> list[str]:
    """What is to be said of many recordings is said once."""
    named = {
        note: [name for name, other in notes if other == note] for note in dict.fromkeys(note for _, note in notes)
    }
    return [f"{names[0] if len(names) == 1 else f'{len(names)} recordings'}: {note}" for note, names in named.items()]


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns wide enough for their longest cell: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pairs = [list(zip(row, widths, strict=True)) for row in rows]
    return ["  ".join([row[0][0].ljust(row[0][1]), *(cell.rjust(width) for cell, width in row[1:])]) for row in pairs]
