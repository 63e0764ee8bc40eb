"""``cli.py plot``: a recording, and who speaks when in it, as a picture."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from audio_utils import Limits, job_folder, normalise
from commands.output import say, text_name
from commands.transcribe import Transcriber
from errors import DiarizationError, InputError, InvalidOption
from evaluation.annotations import read_rttm, read_seglst
from pictures.order import FORMATS, NEEDS_TURNS, USUAL, Format, Kind, Order, Theme
from pipeline.types import Options, Turn
from settings import Settings

_Heard = tuple[tuple[str, ...], tuple[Turn, ...]]  # speakers, turns


@dataclass(frozen=True)
class Request:
    """It checks itself. conversation, reference: files of who speaks when, and of who does in truth; without the former
    that is found out here."""

    file: Path
    kind: Kind
    out: Path
    reference: Path | None = None
    conversation: Path | None = None
    width: int = USUAL
    theme: Theme = "light"

    def __post_init__(self) -> None:
        if self.out.suffix.lower().removeprefix(".") not in FORMATS:
            raise InvalidOption(f"--out must end in .{', .'.join(FORMATS)}.", field="out")
        if self.kind not in NEEDS_TURNS and (self.reference or self.conversation):
            raise InvalidOption(f"A {self.kind} shows no speakers: take --kind speakers, or all.", field="kind")
        if self.out.resolve() == self.file.resolve():
            raise InvalidOption("--out is the recording itself.", field="out")
        self.order()

    def order(self, heard: _Heard = ((), ()), reference: tuple[Turn, ...] | None = None) -> Order:
        """Raises InvalidOption."""
        format = cast(Format, self.out.suffix.lower().removeprefix("."))
        return Order(self.kind, format, self.width, self.theme, *heard, reference)


def plot(request: Request, settings: Settings, opening: AbstractContextManager[Transcriber]) -> bool:
    """opening: entered only if somebody must find out who speaks. Raises DiarizationError; then nothing is written."""
    reference = None if request.reference is None else read_turns(request.reference)[1]
    given = read_turns(request.conversation) if request.conversation else None
    with job_folder(settings.temp_audio_dir) as folder:
        wav = normalise(request.file, folder, Limits.of(settings)).path
        heard = given or (_heard(request, opening) if request.kind in NEEDS_TURNS else ((), ()))
        from pictures.figure import draw  # seconds

        _write(draw(wav, request.order(heard, reference)), request.out)
    say(f"Wrote {request.out}")
    return True


def read_turns(path: Path) -> _Heard:
    """Of a conversation as the service answers it, of SegLST or of RTTM. Raises InputError."""
    if path.suffix.lower() == ".rttm":
        return _by_appearance(read_rttm(path))
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is neither JSON nor called .rttm"
        raise InputError(f"{path.name} cannot be read: {reason}.") from None
    if isinstance(data, list):
        return _by_appearance(tuple(Turn(row.speaker, row.start, row.end) for row in read_seglst(path)))
    try:
        rows = data["turns"] if "turns" in data else data["conversation"]
        turns = tuple(Turn(str(row["speaker"]), float(row["start_time"]), float(row["end_time"])) for row in rows)
        return tuple(map(str, data.get("speakers", ()))) or _by_appearance(turns)[0], turns
    except (AttributeError, LookupError, TypeError, ValueError):
        raise InputError(
            f"{path.name} is no conversation: it needs turns with speaker, start_time and end_time."
        ) from None


def _by_appearance(turns: tuple[Turn, ...]) -> _Heard:
    return tuple(dict.fromkeys(turn.speaker for turn in sorted(turns, key=lambda turn: turn.start))), turns


def _heard(request: Request, opening: AbstractContextManager[Transcriber]) -> _Heard:
    with opening as session:
        found = session.transcribe(request.file, Options(), text_name(request.file))
    return found.speakers, found.turns


def _write(made: bytes, path: Path) -> None:
    """Whole or not at all. Raises DiarizationError."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(made)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DiarizationError(f"{path.name} cannot be written: {error.strerror}.") from None
