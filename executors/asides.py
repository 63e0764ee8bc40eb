"""What a worker is asked aside, while it works on something else: one question at a time over a pipe of its own.

to the worker     a job (jobs/job.py), whose voices are to be told apart anew from what is kept of it, or which has
                  clips of one
from the worker   {"kind": "done", "conversation" or "voiceprints"}, {"kind": "error", "error"}, or {"kind": "unloaded"}
                  where the models of its profile are not in memory
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

Message = dict[str, Any]


class NoAnswer(Exception):
    """The worker is gone, or busy for too long."""


class Asides:
    """The parent's end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._asking = threading.Lock()
        self._late = 0  # answers that nobody waits for any more

    def ask(self, question: Message, timeout: float) -> Message:
        """Safe from any thread. timeout: s for this question, and again for those before it. Raises NoAnswer."""
        if not self._asking.acquire(timeout=timeout):
            raise NoAnswer
        try:
            self._pipe.send_bytes(json.dumps(question).encode())
            self._late += 1
            while self._late and self._pipe.poll(timeout):
                answer = json.loads(self._pipe.recv_bytes())
                self._late -= 1
                if not self._late:
                    return answer
        except (EOFError, OSError):
            pass
        finally:
            self._asking.release()
        raise NoAnswer

    def close(self) -> None:
        self._pipe.close()


def answer_asides(pipe: Connection, answer: Callable[[Message], Message]) -> None:
    """The worker's end: answers until the parent is gone. For a thread of its own."""
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(json.dumps(answer(json.loads(pipe.recv_bytes()))).encode())
