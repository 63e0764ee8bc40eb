"""One worker process seen from its parent: spawn it, talk to it, end it. Knows pipes and signals, no queue.

The process is started from a fresh interpreter, never forked: a fork would carry the web server's threads and locks
into the models' process, and CUDA does not survive one. It leads a process group of its own, so that it can be ended
with everything it started, and a Ctrl-C at the terminal does not reach it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Pipe
from typing import Any

from pydantic import SecretStr

from executors.asides import Asides
from executors.readiness import Readiness
from settings import ROOT, Settings

Message = dict[str, Any]

# Read by the libraries when they are imported, so the process is born with them.
QUIET = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "WANDB_MODE": "disabled",
    "TOKENIZERS_PARALLELISM": "false",
}

# Not for the process that runs models: empty in its settings, whatever .env says, and not in its environment.
SECRETS = tuple(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr)


class WorkerDied(Exception):
    """The process is gone or must be given up; the text says how it ended."""


class WorkerProcess:
    """Starts in the background; the first message received says whether its models loaded (see executors/worker.py).

    What it says on the way there is kept in ``readiness``. Raises WorkerDied when the system cannot start a process.
    """

    def __init__(self, settings: Settings, factory: str) -> None:
        self.readiness = Readiness()
        self._load_timeout = settings.load_timeout
        self._loads_since: float | None = time.monotonic()  # from then on all that it says is about loading
        self._pipe, theirs = Pipe()
        beside, beside_theirs = Pipe()
        self.asides = Asides(beside)
        self._sending = threading.Lock()
        with theirs, beside_theirs:
            self._process = _spawn(theirs.fileno(), beside_theirs.fileno())
        with suppress(WorkerDied):  # the first receive() will tell
            self.send({"factory": factory, "settings": settings.model_dump(mode="json") | dict.fromkeys(SECRETS, "")})

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Message) -> None:
        """Safe from any thread. Raises WorkerDied."""
        try:
            with self._sending:
                self._pipe.send_bytes(json.dumps(message).encode())
        except OSError:
            raise WorkerDied(self.last_words()) from None

    def receive(self, timeout: float) -> Message:
        """The next message, but for those about loading, which are kept in ``readiness``.

        Raises WorkerDied when the process ended, said nothing for ``timeout`` seconds, or was loading for LOAD_TIMEOUT
        seconds in all, whatever it said meanwhile.
        """
        message = self._next(timeout, f"no sign of life for {timeout:g} s")
        while message["kind"] == "loading":
            self.readiness = Readiness.of(message)
            self._loads_since = self._loads_since or time.monotonic()
            left = max(0.0, self._loads_since + self._load_timeout - time.monotonic())
            message = self._next(left, f"still loading after {self._load_timeout:g} s (LOAD_TIMEOUT)")
        self._loads_since = None
        return message

    def _next(self, timeout: float, otherwise: str) -> Message:
        """otherwise: what to say when no message came within ``timeout`` seconds."""
        try:
            if self._pipe.poll(timeout):
                return json.loads(self._pipe.recv_bytes())
        except (EOFError, OSError, ValueError):
            raise WorkerDied(self.last_words()) from None
        raise WorkerDied(otherwise)

    def kill(self) -> None:
        """End the process and all that it started. Safe from any thread; harmless when it is gone."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._pipe.close()
        self.asides.close()
        self.readiness = self.readiness.ended()

    def last_words(self) -> str:
        """How the process ended, for the log."""
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "closed its pipe"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _spawn(*pipes: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "executors.worker", *map(str, pipes)]
    try:
        return subprocess.Popen(
            command,
            pass_fds=pipes,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what libraries print may be what was said
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise WorkerDied(f"could not be started: {error.strerror}") from None


def _environment() -> dict[str, str]:
    """Without secrets: the settings, whose names hold in small letters too, and what PostgreSQL's library reads."""
    own = {name: value for name, value in os.environ.items() if name.lower() not in (*SECRETS, "pgpassword")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**own, **QUIET, "PYTHONPATH": path, "PYTHONFAULTHANDLER": "1"}
