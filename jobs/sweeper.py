"""Deletes what has expired, and what belongs to no job."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from jobs.files import JobFiles
from jobs.folders import is_id
from jobs.states import State
from jobs.store import JobStore
from jobs.uploads import Uploads
from logging_setup import traceback_without_message

log = logging.getLogger(__name__)

SWEEP = 600.0  # s between two looks
ORPHANED = 3600.0  # s without a change after which a folder waits for no row: it is made first, and decoded into


class Sweeper:
    """Works from its creation on, in a thread of its own. retention: s that a job is kept after its end."""

    def __init__(self, store: JobStore, files: JobFiles, uploads: Uploads, retention: float) -> None:
        self._store, self._files, self._uploads, self._retention = store, files, uploads, retention
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._sweep_on, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns once it has stopped."""
        self._closing.set()
        self._thread.join()

    def _sweep_on(self) -> None:
        while True:
            try:
                self._sweep()
                self._remove_orphans()
                self._uploads.sweep()
            except Exception as error:  # a database that is away comes back
                log.error("Expired jobs could not be deleted:\n%s", traceback_without_message(error))
            if self._closing.wait(SWEEP):
                return

    def _sweep(self) -> None:
        while expired := self._store.ended_before(self._retention):
            for id in expired:
                self._store.erase(id)  # first: nobody then finds a job without its files
                self._files.remove(id)

    def _remove_orphans(self) -> None:
        """Folders of jobs that were never stored, or are forgotten or cancelled: some service was killed in between."""
        for id in filter(is_id, self._files.ids()):
            if _age(self._files.folder(id)) > ORPHANED and self._unwanted(id):
                self._files.remove(id)

    def _unwanted(self, id: str) -> bool:
        job = self._store.get(id)
        return job is None or job.state is State.CANCELLED


def _age(folder: Path) -> float:
    """Seconds since anything in it changed; 0 where it goes at this moment."""
    try:
        return time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except FileNotFoundError:
        return 0.0
