"""A folder for each job below TEMP_AUDIO_DIR, and nothing left behind, not even after a power cut.

Each running service owns one ``run-*`` folder and holds a lock on it. A lock dies with its process, so a service that
starts can tell what a dead one left from what a living neighbour (a second server, the command line) still uses.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
from contextlib import ExitStack
from pathlib import Path

from audio_utils import folder_lock, job_folder

_ID = re.compile("[0-9a-f]{32}")


def is_id(text: str) -> bool:
    """Whether a job may be called so. PostgreSQL fails on some of what may not, as on NUL."""
    return _ID.fullmatch(text) is not None


class JobFolder:
    """One job's own folder, readable by this user alone. ``id`` is the job's id."""

    def __init__(self, parent: Path) -> None:
        self.id = uuid.uuid4().hex
        self.path = parent / self.id
        self.path.mkdir(mode=0o700, parents=True)

    def remove(self) -> None:
        """Delete the folder with all that is in it; harmless when it is gone already."""
        shutil.rmtree(self.path, ignore_errors=True)


class JobFolders:
    """The folders of one running service. Creating it deletes what dead services left in ``root``."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        with folder_lock(root):  # or a neighbour's new folder could be seen before its lock
            _sweep(root)
        self._run = ExitStack()
        self.path = self._run.enter_context(job_folder(root))

    def new(self) -> JobFolder:
        """An empty folder for one job."""
        return JobFolder(self.path)

    def close(self) -> None:
        """Delete every folder. Safe to call twice."""
        self._run.close()


def _sweep(root: Path) -> None:
    for path in root.glob("run-*"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue  # gone by now, or not one of ours
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue  # its owner is alive
        finally:
            os.close(handle)
