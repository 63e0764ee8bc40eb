"""``python -m benchmarks.recluster``: how soon another number of speakers is there, beside doing the job again."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.served import post_job, run
from benchmarks.status import SERVER, Server, Unanswered, local_session

COUNTS = (2, 3, 5, 8, None)  # asked for in turn; None: to be found
POLL = 0.5  # s


@dataclass(frozen=True)
class Figures:
    """job: s that the whole job took; again: s that each count of COUNTS took, and how many speakers came of it;
    beside: s of the first count while another job of the same recording ran."""

    job: float
    again: tuple[tuple[int | None, float, int], ...]
    beside: float


def measure(server: Server, recording: Path) -> Figures:
    """Raises Unanswered."""
    begun = time.perf_counter()
    job = post_job(server, recording)
    _wait(job, "done")
    took = time.perf_counter() - begun
    again = tuple((count, *_recluster(job, count)) for count in COUNTS)
    second = post_job(server, recording)
    _wait(second, "running", "done")
    beside, _ = _recluster(job, COUNTS[0])
    local_session().delete(second)
    return Figures(took, again, beside)


def _wait(job: str, *states: str) -> None:
    while (found := local_session().get(job).json()["state"]) not in states:
        if found not in ("queued", "running"):
            raise Unanswered(f"The job is {found}, not {states[0]}.")
        time.sleep(POLL)


def _recluster(job: str, count: int | None) -> tuple[float, int]:
    begun = time.perf_counter()
    answer = local_session().post(f"{job}/recluster", data={"num_speakers": count} if count else {})
    if answer.status_code != 200:
        raise Unanswered(f"{job}/recluster answered {answer.status_code}: {answer.text}")
    return time.perf_counter() - begun, len(answer.json()["speakers"])


def describe(figures: Figures) -> str:
    rows = [f"  {count or 'to be found'}: {seconds:.2f} s, {found} speakers" for count, seconds, found in figures.again]
    most = max(seconds for _, seconds, _ in figures.again)
    return "\n".join(
        [
            f"the whole job {figures.job:.1f} s; then, by number of speakers,",
            *rows,
            f"  beside another job: {figures.beside:.2f} s",
            f"the slowest is {figures.job / most:.0f} times as fast as the job",
        ]
    )


def main(command: Sequence[str] = SERVER) -> int:
    return run("recluster", __doc__, lambda server, recording: describe(measure(server, recording)), command)


if __name__ == "__main__":
    sys.exit(main())
