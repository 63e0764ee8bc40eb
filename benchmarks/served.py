"""What benchmarks of long jobs share: the server, the recording, the command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.recordings import find_audio, join, prepare
from benchmarks.report import describe_machine, machine_line
from benchmarks.status import Server, Unanswered, local_session, serving
from errors import DiarizationError
from pipeline.lanes import cores
from settings import load_settings


def post_job(server: Server, recording: Path) -> str:
    """The job's address. Raises Unanswered."""
    with recording.open("rb") as file:
        answer = local_session().post(f"{server.url}/jobs", files={"audio": file})
    if answer.status_code != 202:
        raise Unanswered(f"/jobs answered {answer.status_code}: {answer.text}")
    return server.url + answer.headers["Location"]


def run(name: str, about: str | None, report: Callable[[Server, Path], str], command: Sequence[str]) -> int:
    """The command ``python -m benchmarks.NAME``: joins a long recording, starts the server with ``command`` and prints
    what ``report`` makes of both. The exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings; default: samples/ and more")
    parser.add_argument("--minutes", type=float, default=60, help="length of the recording joined from them")
    given = parser.parse_args()
    machine = describe_machine(cores())
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            recordings = prepare(given.files or find_audio(), folder / "given", load_settings())
            long = join(recordings, 60 * given.minutes, folder / "long.wav")
            with serving(folder, tuple(command)) as server:
                print(f"{machine_line(machine)}\n{given.minutes:g} minutes: {report(server, long.wav)}")
    except (DiarizationError, Unanswered, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
