"""A bar per stage or file on a terminal; elsewhere silence, or a line per file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from commands.output import say
from pipeline.types import OnProgress

# bars(title): shows how far one recording is; None where nothing is shown.
Bars = Callable[[str], AbstractContextManager[OnProgress | None]]
# on_bytes(done, total): total is None where nobody knows it.
OnBytes = Callable[[int, int | None], None]


@contextmanager
def stage_bars(title: str) -> Iterator[OnProgress | None]:
    """Bars for one recording on stderr, gone when it is done. Yields None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bars:
        stages: dict[str, TaskID] = {}

        def show(stage: str, fraction: float) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(f"{title}  {stage:<7}", total=1.0)
            bars.update(stages[stage], completed=fraction)

        yield show


@contextmanager
def byte_bar(title: str) -> Iterator[OnBytes]:
    """A bar for one download on stderr, gone when it is done; one line where stderr is no terminal."""
    if not sys.stderr.isatty():
        say(f"pulling {title} ...")
        yield lambda done, total: None
        return
    name = TextColumn("{task.description}", markup=False)
    columns = name, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
