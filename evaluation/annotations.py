"""What was said, as files hold it: NAME.rttm (turns) and NAME.seglst.json (words), reference and hypothesis alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import InputError
from pipeline.types import Segment, Turn


@dataclass(frozen=True)
class Annotation:
    """One recording's turns and, where they were written down, its segments with words (else None)."""

    turns: tuple[Turn, ...]
    segments: tuple[Segment, ...] | None = None

    @property
    def end(self) -> float:
        """Where the last turn ends, in seconds."""
        return max((turn.end for turn in self.turns), default=0.0)


def read_annotation(folder: Path, name: str) -> Annotation:
    """``folder/NAME.rttm`` and, where it exists, ``folder/NAME.seglst.json``.

    Raises InputError, which names the file and the line, for a file that is missing or cannot be read.
    """
    words = folder / f"{name}.seglst.json"
    return Annotation(read_rttm(folder / f"{name}.rttm"), read_seglst(words) if words.exists() else None)


def read_rttm(path: Path) -> tuple[Turn, ...]:
    """The SPEAKER lines of an RTTM file that holds one recording; other kinds of line are passed over."""
    turns, names = [], set()
    for number, line in enumerate(_read(path).splitlines(), start=1):
        columns = line.split()
        if not columns or columns[0] != "SPEAKER":
            continue
        try:
            start, length = float(columns[3]), float(columns[4])
            turns.append(Turn(columns[7], start, start + length))
        except (IndexError, ValueError):
            raise InputError(f"{path.name}, line {number}: not a SPEAKER line of an RTTM file.") from None
        names.add(columns[1])
    if len(names) > 1:
        raise InputError(f"{path.name} holds {len(names)} recordings; write each to a file of its own.")
    return tuple(turns)


def read_seglst(path: Path) -> tuple[Segment, ...]:
    """The segments of a SegLST file, by start."""
    try:
        rows = json.loads(_read(path))
    except ValueError:
        raise InputError(f"{path.name} is not JSON.") from None
    if not isinstance(rows, list):
        raise InputError(f"{path.name} is not a SegLST file: it must be a list of segments.")
    return tuple(sorted(_segments(rows, path.name), key=lambda segment: (segment.start, segment.end)))


def _segments(rows: list[Any], file: str) -> Iterator[Segment]:
    for number, row in enumerate(rows, start=1):
        try:
            start, end = float(row["start_time"]), float(row["end_time"])
            yield Segment(str(row["speaker"]), start, end, str(row["words"]))
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{file}, segment {number}: needs speaker, start_time, end_time and words.") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path.name} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {type(error).__name__}.") from None
