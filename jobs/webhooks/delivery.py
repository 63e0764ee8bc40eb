"""Delivers what the outbox owes, from threads of the web process: at least once, again and again until it is heard.

Each receiver is called by one thread at a time, so that one which is slow or dead leaves the other threads to others.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from jobs.record import JobRecord
from jobs.shown import shown
from jobs.states import State
from jobs.webhooks.outbox import Delivery, Due, Outbox
from jobs.webhooks.sender import Outcome, Sender, Stopped
from logging_setup import job_id, traceback_without_message

log = logging.getLogger(__name__)

POLL = 1.0  # s; how soon the end of a job, or the time of a retry, is seen
RECEIVERS = 4  # called at the same time
FIRST_WAIT, GROWTH, JITTER = 5.0, 5.0, 0.2  # s; factor; share of a wait


class Courier:
    """Works from its creation on. job: the record of an id; attempts: how often each is tried; longest_wait: s between
    two attempts."""

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        job: Callable[[str], JobRecord | None],
        attempts: int,
        longest_wait: float,
    ) -> None:
        self._outbox, self._sender, self._job = outbox, sender, job
        self._attempts, self._longest_wait = attempts, longest_wait
        self._busy = set[str]()  # receivers
        self._wake, self._closing = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(RECEIVERS, "webhooks")
        self._thread = threading.Thread(target=self._claim_all, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """At once: what is on its way is broken off, and sent again by whoever comes next."""
        self._closing.set()
        self._wake.set()
        self._sender.close()
        self._thread.join()
        self._pool.shutdown()

    def _claim_all(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                while self._has_room() and (due := self._outbox.claim(tuple(self._busy))):
                    self._busy.add(due.receiver)
                    self._pool.submit(self._deliver, due)
            except Exception as error:  # a database that is away comes back
                log.error("No webhook could be claimed:\n%s", traceback_without_message(error))
            self._wake.wait(POLL)

    def _has_room(self) -> bool:
        return not self._closing.is_set() and len(self._busy) < RECEIVERS

    def _deliver(self, due: Due) -> None:
        job_id.set(due.job)
        try:
            self._attempt(due)
        except Exception as error:  # its lease runs out, and it is tried again
            log.error("A webhook could not be delivered:\n%s", traceback_without_message(error))
        finally:
            self._busy.discard(due.receiver)
            self._wake.set()

    def _attempt(self, due: Due) -> None:
        record = self._job(due.job)
        if record is None:  # erased meanwhile
            return
        at, begun = time.time(), time.monotonic()
        try:
            outcome = self._sender.send(due.url, f"msg_{due.job}", message(record))
        except Stopped:
            return self._outbox.put_back(due)
        attempt = {"at": at, **vars(outcome), "seconds": round(time.monotonic() - begun, 3)}
        tries = len(due.attempts) + 1
        state = self._state_after(outcome, tries)
        self._outbox.write_down(due, attempt, state, wait_after(tries, self._longest_wait))
        log.info("Webhook %s at attempt %d: %s", state.value, tries, outcome.status or outcome.error)

    def _state_after(self, outcome: Outcome, tries: int) -> Delivery:
        if outcome.delivered:
            return Delivery.DELIVERED
        return Delivery.GIVEN_UP if outcome.unwanted or tries >= self._attempts else Delivery.WAITING


def message(record: JobRecord) -> bytes:
    """What the receiver reads: of a job that has ended, the same at each attempt, and nothing of what was said."""
    make = _MESSAGES.get(record.dialect.get("name", ""), _job_ended)
    return json.dumps(make(record)).encode()


def _job_ended(record: JobRecord) -> dict[str, Any]:
    ended = datetime.fromtimestamp(record.ended_at or 0.0, UTC).isoformat()
    return {"type": f"job.{record.state}", "timestamp": ended, "data": shown(record)}


def _transcript_ended(record: JobRecord) -> dict[str, Any]:
    return {"transcript_id": record.id, "status": "completed" if record.state is State.DONE else "error"}


# By the dialect that the job was asked for in.
_MESSAGES: dict[str, Callable[[JobRecord], dict[str, Any]]] = {"assemblyai": _transcript_ended}


def wait_after(tries: int, longest: float) -> float:
    """Seconds after so many attempts: 5, 25, 125 and so on up to ``longest``, a little off, so that what failed
    together does not come back together."""
    return min(longest, FIRST_WAIT * GROWTH ** (tries - 1)) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
