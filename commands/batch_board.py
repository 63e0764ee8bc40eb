"""How far a batch is: a live table on a terminal, a line per recording elsewhere, and ``summary.csv`` at its end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from threading import Event, Lock

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from commands.output import say, write_whole
from formats.cells import lines
from pipeline.types import OnProgress

SUMMARY = "summary.csv"
STATES = ("done", "skipped", "copy", "failed", "waiting")
_SHOWN = 12  # of those that have ended


@dataclass(frozen=True)
class Row:
    """How one recording ended. state: done; skipped, as it was done before; copy of another one of this batch; failed;
    waiting, as the batch was broken off before it. error: why it failed, or whose copy it is."""

    file: str
    name: str
    state: str
    audio_seconds: float | None = None
    seconds: float | None = None
    speakers: int | None = None
    words: int | None = None
    error: str | None = None

    @property
    def said(self) -> str:
        """For people, behind the name."""
        if self.state == "done":
            heard = f"{self.audio_seconds:.1f} s of audio in {self.seconds:.1f} s"
            return f"{heard}, {_count(self.speakers, 'speaker')}, {_count(self.words, 'word')}"
        return self.error or ""


class Board:
    """Threads may share it."""

    def __init__(self, total: int) -> None:
        self._total, self._lock = total, Lock()
        self.live: Live | None = None
        self._running: dict[str, str] = {}
        self.rows = list[Row]()
        self.stopped = Event()

    @contextmanager
    def bars(self, name: str) -> Iterator[OnProgress]:
        """How far one recording is. Ends its work, as Ctrl-C does, once ``stopped`` is set."""

        def show(stage: str, fraction: float) -> None:
            if self.stopped.is_set():
                raise KeyboardInterrupt
            self._running[name] = f"{stage} {fraction:.0%}"
            self._refresh()

        show("begins", 0.0)
        try:
            yield show
        finally:
            self._running.pop(name, None)

    def ended(self, row: Row) -> None:
        with self._lock:
            self.rows.append(row)
            if self.live is None and row.state != "waiting":
                say(f"[{len(self.rows)}/{self._total}] {row.state} {row.name}: {row.said}".rstrip(": "))
        self._refresh()

    def _refresh(self) -> None:
        if self.live:
            self.live.update(self._table())

    def _table(self) -> Table:
        table = Table("recording", "state", "", caption=f"{len(self.rows)} of {self._total}: {totals(self.rows)}")
        for row in self.rows[-_SHOWN:]:
            table.add_row(Text(row.name), row.state, Text(row.said))
        for name, progress in list(self._running.items()):
            table.add_row(Text(name), "running", progress)
        return table


@contextmanager
def shown(board: Board) -> Iterator[None]:
    """On a terminal, as a table."""
    if not sys.stderr.isatty():
        yield
        return
    with Live(console=Console(stderr=True), redirect_stdout=False, refresh_per_second=4) as board.live:
        yield


def totals(rows: Sequence[Row]) -> str:
    counts = Counter(row.state for row in rows)
    return ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "nothing yet"


def _count(number: int | None, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def write_summary(rows: Iterable[Row], folder: Path) -> Path:
    """A row for each recording. Raises DiarizationError when the disk refuses."""
    columns = [one.name for one in fields(Row)]
    text = "\ufeff" + lines(map(asdict, rows), columns)
    write_whole(folder / SUMMARY, text.encode("utf-8", "replace"))
    return folder / SUMMARY
