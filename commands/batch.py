"""``cli.py batch``: many recordings, here or through a service; what is done stays done, whatever ends it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import formats
from commands.batch_board import Board, Row, shown, totals, write_summary
from commands.batch_manifest import open_manifest
from commands.batch_results import Results
from commands.batch_sources import Source, find_sources, sha256
from commands.batch_work import Opening, Work
from commands.output import make_folder, say
from errors import DiarizationError, InvalidOption
from pipeline.profile import find_profile, profile_names
from pipeline.types import Options
from settings import Settings


@dataclass(frozen=True)
class Request:
    """What the command line asks for; it checks itself. jobs: how many recordings a service gets at once; in this
    process it is 1. profile: what is run here, as :func:`profile_now` has it; None for a service."""

    paths: tuple[str, ...]
    formats: tuple[str, ...]
    options: Options
    out: Path
    jobs: int
    words: bool = False
    profile: str | None = None
    as_json: bool = False

    def __post_init__(self) -> None:
        for fmt in self.formats:
            formats.find(fmt)
        if self.profile and self.jobs > 1:
            message = "One recording has every core here already: --jobs above 1 is for a service (--server)."
            raise InvalidOption(message, field="jobs")

    @property
    def digest(self) -> str:
        """Of all that a conversation depends on, beside its recording."""
        asked = [self.options.to_dict(), self.profile]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def profile_now(settings: Settings) -> str:
    """The profile that MODEL_CONFIG names, with the digest of its file; of all of them for "auto", which is one of
    them. Raises ModelError for one that is not there."""
    chosen = profile_names(settings) if settings.profile == "auto" else [settings.profile]
    digests = [sha256(find_profile(settings, name)) for name in chosen]
    return f"{settings.profile} {hashlib.sha256(' '.join(digests).encode()).hexdigest()}"


def batch(request: Request, opening: Opening) -> bool:
    """Whether every recording went well. opening: entered only where there is something to do. Raises DiarizationError
    when nothing can be done at all."""
    sources = find_sources(request.paths)
    make_folder(request.out)
    with open_manifest(request.out) as manifest:
        board = Board(len(sources))
        try:
            with shown(board):
                results = Results(request.out, request.formats, request.words)
                Work(request.options, request.digest, request.jobs, manifest, results, board).do(opening, sources)
        finally:
            rows = _all_rows(board.rows, sources)
            _tell(rows, request)
    return all(row.state in ("done", "skipped", "copy") for row in rows)


def _all_rows(ended: Sequence[Row], sources: Sequence[Source]) -> list[Row]:
    """In the order of the sources, with those that were not come to."""
    known = {row.file: row for row in ended}
    return [known.get(str(one.file)) or Row(str(one.file), one.name, "waiting") for one in sources]


def _tell(rows: Sequence[Row], request: Request) -> None:
    for row in rows if request.as_json else ():
        print(json.dumps(asdict(row)), flush=True)
    try:
        say(f"{totals(rows)}: {write_summary(rows, request.out)}")
    except DiarizationError as error:
        say(f"{totals(rows)}. {error.message}")
