"""Has pictures drawn by processes that live for one of them, a few at a time and under limits."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from errors import DiarizationError, Unavailable
from pictures.order import Order
from settings import ROOT

log = logging.getLogger(__name__)

AT_ONCE = 2
SECONDS = 120.0  # that one may take, and half of it of a core; two on a machine that is idle
GONE = 3  # as pictures/draw.py has it, which would bring in matplotlib
_MEMORY = 4 * 2**20  # KiB of address space; most of it is libraries
_LIMITED = 'ulimit -c 0; ulimit -v "$1"; ulimit -t "$2"; shift 2; exec "$@"'


class Studio:
    """fonts: a folder where matplotlib keeps its list of them, or each picture would look for them anew. Safe between
    threads."""

    def __init__(self, fonts: Path, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._fonts, self._seconds = fonts, seconds
        self._free = threading.BoundedSemaphore(at_once)

    def draw(self, wav: Path, order: Order) -> bytes:
        """As :func:`pictures.figure.draw`. Raises FileNotFoundError where there is no such recording, Unavailable where
        others are being drawn or this one takes too long."""
        request = json.dumps({"wav": str(wav), "order": order.to_dict()}).encode()
        with self._one_of_few():
            return self._draw(request)

    def _draw(self, request: bytes) -> bytes:
        process = self._start()
        try:
            made, said = process.communicate(request, timeout=self._seconds)
        except subprocess.TimeoutExpired:
            raise Unavailable("The picture took too long to draw; try again later.", retry_after=10) from None
        finally:
            _end(process)
        if process.returncode == GONE:
            raise FileNotFoundError
        if process.returncode:
            log.error(
                "A picture could not be drawn (status %d):\n%s", process.returncode, said.decode(errors="replace")
            )
            raise DiarizationError(
                "The picture could not be drawn because of a fault in the server; its log has the cause."
            )
        return made

    def _start(self) -> subprocess.Popen[bytes]:
        self._fonts.mkdir(parents=True, exist_ok=True)
        own = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MPLBACKEND": "agg", "MPLCONFIGDIR": str(self._fonts)}
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        return subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                _LIMITED,
                "sh",
                str(_MEMORY),
                str(math.ceil(self._seconds / 2)),
                sys.executable,
                "-m",
                "pictures.draw",
            ],
            cwd=ROOT,
            env=own | one,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        """Each holds a thread of the server's and a core."""
        if not self._free.acquire(blocking=False):
            raise Unavailable("Other pictures are being drawn; try again.", retry_after=3)
        try:
            yield
        finally:
            self._free.release()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
