"""``python -m benchmarks.live``: how often a long job is heard of, and how soon a cancelled one lets the worker go."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.served import post_job, run
from benchmarks.status import SERVER, Server, Unanswered, local_session
from jobs.progress import SHARES

PAUSE = 0.02  # s between two looks at a job


@dataclass(frozen=True)
class Figures:
    """took: s from the answer to the last event; gaps: s between one event and the next; first: s until the first
    segments, None without any; cancelled: for each stage the s from the request to the end of the job and a worker that
    does nothing, None for a stage that nobody saw; replaced: workers that ended with it, and had to load their models
    anew."""

    took: float
    gaps: tuple[float, ...]
    first: float | None
    cancelled: dict[str, float | None]
    replaced: int


def measure(server: Server, recording: Path) -> Figures:
    """Raises Unanswered."""
    job, begun = post_job(server, recording), time.perf_counter()
    heard = [(time.perf_counter() - begun, name) for name, _ in _events(server, job)]
    times = [at for at, _ in heard]
    if heard[-1][1] != "end":
        raise Unanswered(f"The events of {job} ended with {heard[-1][1]}.")
    first = next((at for at, name in heard if name == "segments"), None)
    cancelled = {stage: _cancel(server, recording, stage) for stage in SHARES}
    replaced = local_session().get(f"{server.url}/status").json()["worker_restarts"]
    return Figures(times[-1], tuple(np.diff([0.0, *times])), first, cancelled, replaced)


def _events(server: Server, job: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and data."""
    name = ""
    with local_session().get(f"{job}/events", stream=True) as stream:
        for line in stream.iter_lines(chunk_size=1):
            field, _, value = line.partition(b": ")
            if field == b"event":
                name = value.decode()
            if field == b"data":
                yield name, json.loads(value)


def _cancel(server: Server, recording: Path, stage: str) -> float | None:
    session, job = local_session(), post_job(server, recording)
    while (shown := session.get(job).json())["stage"] != stage:
        if shown["state"] not in ("queued", "running"):
            return None
        time.sleep(PAUSE)
    begun = time.perf_counter()
    if session.delete(job).status_code == 204:  # it had ended: that erased it
        return None
    while (
        session.get(job).json()["state"] == "running" or session.get(f"{server.url}/status").json()["queue"]["running"]
    ):
        time.sleep(PAUSE)
    took = time.perf_counter() - begun
    return took if session.get(job).json()["state"] == "cancelled" else None


def describe(figures: Figures) -> str:
    half, most, longest = np.percentile(figures.gaps, [50, 99, 100])
    stages = [
        f"  {stage}: {'over before anybody saw it' if seconds is None else f'{seconds:.2f} s'}"
        for stage, seconds in figures.cancelled.items()
    ]
    first = "none" if figures.first is None else f"{figures.first:.1f} s"
    return "\n".join(
        [
            f"{len(figures.gaps)} events in {figures.took:.1f} s: one after {half:.2f} s (median), 99 of 100 within "
            f"{most:.2f} s, all within {longest:.2f} s; the first segments after {first}",
            f"cancelled, and the worker free, by the stage it was in; workers replaced: {figures.replaced}",
            *stages,
        ]
    )


def main(command: Sequence[str] = SERVER) -> int:
    return run("live", __doc__, lambda server, recording: describe(measure(server, recording)), command)


if __name__ == "__main__":
    sys.exit(main())
