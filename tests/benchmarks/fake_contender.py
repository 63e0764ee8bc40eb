"""A contender without models: says what it was given, and fails on request."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmarks.contender import Heard, compete, parser

FILE_WITH_FAULT = "fault"


class Fake:
    models = {"words": "fake"}  # noqa: RUF012

    def __init__(self, diary: Path, name: str) -> None:
        self._diary, self._name = diary, name

    def transcribe(self, wav: Path) -> Heard:
        print("a library says something")
        subprocess.run(["echo", "another program says something"])
        if wav.stem == FILE_WITH_FAULT:
            raise RuntimeError("no such model")
        with self._diary.open("a") as diary:
            diary.write(f"{self._name} {wav.stem} {os.environ['OMP_NUM_THREADS']} {given.threads}\n")
        return Heard([("ann", 0.0, 1.0)], [("ann", 0.0, 1.0, "Hello there.")], {"words": 0.25})


if __name__ == "__main__":
    arguments = parser()
    arguments.add_argument("--diary", type=Path, required=True)
    arguments.add_argument("--name", required=True)
    given = arguments.parse_args()
    compete(lambda: Fake(given.diary, given.name), given.warmup, given.files)
