"""Runs: a contender works through some files in a process of its own; rounds in which the contenders take turns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.memory import PeakMemory
from benchmarks.recordings import Recording
from evaluation.annotations import Annotation
from pipeline.types import Segment, Turn
from settings import ROOT

_LAST_WORDS = 15  # lines of a failed contender's log


class ContenderFailed(Exception):
    """A contender ended early; the message holds the end of its log."""


@dataclass(frozen=True)
class Contender:
    """command: what starts it, up to the arguments that ``benchmarks.contender`` defines."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """One file of ``duration`` s: wall and CPU seconds that it took, the stages' seconds, and what was heard."""

    name: str
    duration: float
    wall: float
    cpu: float
    stages: dict[str, float]
    heard: Annotation


@dataclass(frozen=True)
class Run:
    """startup: seconds from nothing to loaded models; first: seconds for the clip that warms up, where libraries set
    themselves up once; peak: bytes over the whole run, None where unknown."""

    contender: str
    startup: float
    first: float
    peak: int | None
    models: dict[str, str]
    versions: dict[str, str]
    works: tuple[Work, ...]

    @property
    def duration(self) -> float:
        """Seconds of audio."""
        return sum(work.duration for work in self.works)

    @property
    def wall(self) -> float:
        return sum(work.wall for work in self.works)

    @property
    def cpu(self) -> float:
        return sum(work.cpu for work in self.works)


@dataclass(frozen=True)
class Arena:
    """The same for all: ``threads`` of the CPU, no GPU, no network, and a clip to warm up on."""

    threads: int
    warmup: Path

    @property
    def environment(self) -> dict[str, str]:
        libraries = ("OMP", "MKL", "OPENBLAS", "NUMBA")
        own = {f"{library}_NUM_THREADS": str(self.threads) for library in libraries}
        return os.environ | own | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"}

    def run(self, contender: Contender, recordings: Sequence[Recording]) -> Run:
        """Raises ContenderFailed."""
        arguments = ("--threads", str(self.threads), "--warmup", str(self.warmup))
        command = [*contender.command, *arguments, *(str(recording.wav) for recording in recordings)]
        begun = time.perf_counter()
        with (
            _process(contender.name, command, self.environment) as (process, output),
            PeakMemory(process.pid) as memory,
        ):
            ready = _next(output)
            startup = time.perf_counter() - begun
            first = _next(output)["wall"]
            works = tuple(_work(_next(output), recording) for recording in recordings)
        run = Run(contender.name, startup, first, memory.peak, ready["models"], ready["versions"], works)
        _tell(f"  {run.contender}: {run.wall:.1f} s for {run.duration / 60:.1f} minutes of audio")
        return run

    def alternate(
        self, contenders: tuple[Contender, Contender], recordings: Sequence[Recording], rounds: int
    ) -> list[tuple[Run, Run]]:
        """A B A B: a passing load on the machine meets both, and each round is a pair that can be compared."""
        done = []
        for number in range(1, rounds + 1):
            _tell(f"round {number} of {rounds}")
            done.append((self.run(contenders[0], recordings), self.run(contenders[1], recordings)))
        return done


@contextmanager
def _process(
    name: str, command: Sequence[str], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Ends with the block at the latest. Raises ContenderFailed where it fails by itself."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, encoding="utf-8"
        )
        assert process.stdout
        try:
            yield process, process.stdout
            failed = process.wait()
        except EOFError:
            failed = process.wait() or 1
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if failed:
            log.seek(0)
            raise ContenderFailed(f"{name} {_ended(failed)}\n{''.join(log.readlines()[-_LAST_WORDS:])}")


def _ended(code: int) -> str:
    """A process that takes too much memory leaves no word: the system kills it."""
    if code == -signal.SIGKILL:
        return "was killed: it may have needed more memory than this machine has"
    return f"ended with code {code}"


def _next(output: IO[str]) -> dict[str, Any]:
    if line := output.readline():
        return json.loads(line)
    raise EOFError


def _work(row: dict[str, Any], recording: Recording) -> Work:
    heard = Annotation(
        tuple(Turn(*turn) for turn in row["turns"]),
        tuple(Segment(*segment) for segment in row["segments"]),
    )
    return Work(recording.name, recording.duration, row["wall"], row["cpu"], row["stages"], heard)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
