"""A bar per stage on a terminal; silence everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.types import OnProgress


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
