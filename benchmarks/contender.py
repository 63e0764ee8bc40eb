"""What both contenders do alike, each in its own process: load, warm up, work, and say what that took.

Standard library only, because the peers' environment has none of this project's packages. Standard output carries one
JSON object per line: ``ready`` when the models are loaded, ``warm`` after the first clip, ``done`` for each file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Protocol

PACKAGES = ("torch", "ctranslate2", "faster-whisper", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Heard:
    """turns: (speaker, start, end); segments: (speaker, start, end, text); stages: {stage: its seconds}; all in s."""

    turns: list[tuple[str, float, float]]
    segments: list[tuple[str, float, float, str]]
    stages: dict[str, float]


class System(Protocol):
    """A contender with its models loaded. ``models`` maps each stage to the name of its model."""

    models: dict[str, str]

    def transcribe(self, wav: Path) -> Heard:
        """wav: 16 kHz, mono, 16 bit."""
        ...


class Stopwatch:
    """Wall and CPU seconds since it was made; those of child processes count once they have ended."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu()

    def read(self) -> dict[str, float]:
        return {"wall": time.perf_counter() - self._wall, "cpu": _cpu() - self._cpu}


def _cpu() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def parser() -> argparse.ArgumentParser:
    """The arguments that every contender takes."""
    made = argparse.ArgumentParser()
    made.add_argument("--threads", type=int, required=True)
    made.add_argument("--warmup", type=Path, required=True)
    made.add_argument("files", type=Path, nargs="+")
    return made


def compete(load: Callable[[], System], warmup: Path, files: Iterable[Path]) -> None:
    """Imports and models are loaded in ``load``; what it takes is reported apart from the work on ``files``."""
    with _results() as results:
        watch = Stopwatch()
        system = load()
        versions = {package: version(package) for package in PACKAGES}
        _say(results, "ready", models=system.models, versions=versions, **watch.read())
        for event, file in (("warm", warmup), *(("done", file) for file in files)):
            watch = Stopwatch()
            heard = system.transcribe(file)
            _say(results, event, **watch.read(), **asdict(heard))


def _results() -> IO[str]:
    """What was standard output; from now on whatever a library prints there, also from C, goes to standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", encoding="utf-8")


def _say(results: IO[str], event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), file=results, flush=True)
