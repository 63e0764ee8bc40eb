"""``python -m benchmarks.status``: how soon ``/status`` answers during a long job, and how large the server grows."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests

from benchmarks.memory import descendants, high_water
from benchmarks.recordings import find_audio, join, prepare
from benchmarks.report import describe_machine, machine_line
from errors import DiarizationError
from pipeline.lanes import cores
from settings import ROOT, load_settings

PAUSE = 0.02  # s between two questions
READY_WITHIN = 300.0  # s
ANSWER_WITHIN = 10.0  # s
SERVER = (sys.executable, "app.py")


@dataclass(frozen=True)
class Figures:
    """answers: s that each answer took; took: s that the recording took; peaks: bytes, by process."""

    answers: tuple[float, ...]
    took: float
    peaks: dict[str, int]


class Unanswered(Exception):
    """The server did not do its part; the message says what and holds the end of its log."""


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    log: Path

    def peaks(self) -> dict[str, int]:
        """Bytes, the kernel's high-water mark: of the model worker, and of everything before it."""
        family = {self.pid, *descendants(self.pid)}
        worker = {pid for pid in family if b"executors.worker" in _command(pid)}
        return {
            "web process": max(map(high_water, family - worker), default=0),
            "model worker": max(map(high_water, worker), default=0),
        }


def measure(server: Server, recording: Path) -> Figures:
    """Post the recording, and ask for ``/status`` until its answer is there. Raises Unanswered."""
    answers: list[float] = []
    begun = time.perf_counter()
    posted: list[str] = []
    thread = threading.Thread(target=lambda: posted.append(_post(server.url, recording)), daemon=True)
    thread.start()
    while thread.is_alive():
        asked = time.perf_counter()
        try:
            local_session().get(f"{server.url}/status", timeout=ANSWER_WITHIN).raise_for_status()
        except requests.RequestException as error:
            raise Unanswered(f"/status: {error}\n{_end(server.log)}") from None
        answers.append(time.perf_counter() - asked)
        time.sleep(PAUSE)
    took = time.perf_counter() - begun
    if posted != ["200"] or not answers:
        raise Unanswered(f"/diarize answered {posted}\n{_end(server.log)}")
    return Figures(tuple(answers), took, server.peaks())


def _post(url: str, recording: Path) -> str:
    """The status of the answer, or what came instead of one."""
    try:
        with recording.open("rb") as file:
            answer = local_session().post(f"{url}/diarize", files={"audio": file}, timeout=(ANSWER_WITHIN, None))
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)


def local_session() -> requests.Session:
    """Requests that go past every proxy of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


@contextmanager
def serving(folder: Path, command: tuple[str, ...] = SERVER) -> Iterator[Server]:
    """A server on a free port, its files in ``folder``, models loaded; stopped with the block. Raises Unanswered."""
    logs = folder / "logs" / "diarization_api.log"
    own = {"FLASK_HOST": "127.0.0.1", "FLASK_PORT": "0", "FLASK_DEBUG": "false", "LOG_LEVEL": "INFO"}
    own |= {"MODEL_CONFIG": "offline", "TEMP_AUDIO_DIR": str(folder / "tmp"), "LOG_DIR": str(logs.parent)}
    own |= {"DATA_DIR": str(folder / "data"), "DATABASE_URL": ""}
    with (folder / "console.log").open("w+b") as console:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=console, stderr=console)
        try:
            yield _when_ready(process, logs, folder / "console.log")
        finally:
            process.terminate()
            process.wait()


def _when_ready(process: subprocess.Popen[bytes], log: Path, console: Path) -> Server:
    until = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.2)
        text = log.read_text() if log.exists() else ""
        if address := re.search(r"Listening at: (http://\S+:\d+)", text):
            url = address[1]
            if local_session().get(f"{url}/status", timeout=ANSWER_WITHIN).ok:
                return Server(url, process.pid, log)
    raise Unanswered(f"The server is not ready.\n{_end(console)}")


def _end(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def describe(figures: Figures) -> str:
    half, most, longest = (1000 * value for value in np.percentile(figures.answers, [50, 99, 100]))
    peaks = ", ".join(f"{name} {size / 1024**2:.0f} MB" for name, size in figures.peaks.items())
    return (
        f"/status, {len(figures.answers)} answers in {figures.took:.0f} s of work: median {half:.1f} ms, "
        f"99 of 100 within {most:.1f} ms, slowest {longest:.1f} ms\npeak memory: {peaks}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.status", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings; default: samples/ and more")
    parser.add_argument("--minutes", type=float, default=10, help="length of the recording joined from them")
    given = parser.parse_args()
    machine = describe_machine(cores())
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            recordings = prepare(given.files or find_audio(), folder / "given", load_settings())
            long = join(recordings, 60 * given.minutes, folder / "long.wav")
            with serving(folder) as server:
                print(f"{machine_line(machine)}\n{describe(measure(server, long.wav))}")
    except (DiarizationError, Unanswered, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
