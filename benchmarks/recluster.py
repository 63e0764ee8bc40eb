"""``python -m benchmarks.recluster``: how soon another number of speakers is there, beside doing the job again."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recordings import find_audio, join, prepare
from benchmarks.report import describe_machine, machine_line
from benchmarks.status import SERVER, Server, Unanswered, local_session, serving
from errors import DiarizationError
from pipeline.lanes import cores
from settings import load_settings

COUNTS = (2, 3, 5, 8, None)  # asked for in turn; None: to be found
POLL = 0.5  # s


@dataclass(frozen=True)
class Figures:
    """job: s that the whole job took; again: s that each count of COUNTS took, and how many speakers came of it;
    beside: s of the first count while another job of the same recording ran."""

    minutes: float
    job: float
    again: tuple[tuple[int | None, float, int], ...]
    beside: float


def measure(server: Server, recording: Path, minutes: float) -> Figures:
    """Raises Unanswered."""
    begun = time.perf_counter()
    job = _post(server, recording)
    _wait(server, job, "done")
    took = time.perf_counter() - begun
    again = tuple((count, *_recluster(server, job, count)) for count in COUNTS)
    second = _post(server, recording)
    _wait(server, second, "running")
    beside, _ = _recluster(server, job, COUNTS[0])
    local_session().delete(server.url + second)
    return Figures(minutes, took, again, beside)


def _post(server: Server, recording: Path) -> str:
    with recording.open("rb") as file:
        answer = local_session().post(f"{server.url}/jobs", files={"audio": file})
    if answer.status_code != 202:
        raise Unanswered(f"/jobs answered {answer.status_code}: {answer.text}")
    return answer.headers["Location"]


def _wait(server: Server, job: str, state: str) -> None:
    while (found := local_session().get(server.url + job).json()["state"]) != state:
        if found not in ("queued", "running"):
            raise Unanswered(f"The job is {found}, not {state}.")
        time.sleep(POLL)


def _recluster(server: Server, job: str, count: int | None) -> tuple[float, int]:
    begun = time.perf_counter()
    answer = local_session().post(f"{server.url}{job}/recluster", data={"num_speakers": count} if count else {})
    if answer.status_code != 200:
        raise Unanswered(f"{job}/recluster answered {answer.status_code}: {answer.text}")
    return time.perf_counter() - begun, len(answer.json()["speakers"])


def describe(figures: Figures) -> str:
    rows = [f"  {count or 'to be found'}: {seconds:.2f} s, {found} speakers" for count, seconds, found in figures.again]
    most = max(seconds for _, seconds, _ in figures.again)
    return "\n".join(
        [
            f"{figures.minutes:g} minutes: the whole job {figures.job:.1f} s; then, by number of speakers,",
            *rows,
            f"  beside another job: {figures.beside:.2f} s",
            f"the slowest is {figures.job / most:.0f} times as fast as the job",
        ]
    )


def main(command: Sequence[str] = SERVER) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recluster", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings; default: samples/ and more")
    parser.add_argument("--minutes", type=float, default=60, help="length of the recording joined from them")
    given = parser.parse_args()
    machine = describe_machine(cores())
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            recordings = prepare(given.files or find_audio(), folder / "given", load_settings())
            long = join(recordings, 60 * given.minutes, folder / "long.wav")
            with serving(folder, tuple(command)) as server:
                print(f"{machine_line(machine)}\n{describe(measure(server, long.wav, given.minutes))}")
    except (DiarizationError, Unanswered, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
