"""Where jobs are kept: their table and folders, below DATA_DIR, or for one command in a folder of its own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from errors import StorageError
from jobs.database import open_database
from jobs.files import JobFiles
from jobs.meters import Meters
from jobs.store import JobStore

LEASE = 30.0  # s


@dataclass(frozen=True)
class Storage:
    """alone: no other service works on these jobs; engine: of the database that they are in."""

    store: JobStore
    files: JobFiles
    alone: bool
    engine: Engine


def open_engine(folder: Path, url: str = "") -> Engine:
    """The database at ``url``, or SQLite in ``folder``, whoever else uses it. Raises StorageError."""
    try:
        return open_database(url or f"sqlite:///{folder / 'jobs.db'}")
    except CommandError:
        raise StorageError("The table of jobs was made by a newer version; this one cannot use it.") from None
    except SQLAlchemyError as error:
        raise StorageError(f"DATABASE_URL: the database cannot be opened ({type(error).__name__}).") from error


@contextmanager
def open_storage(folder: Path, url: str = "", attempts: int = 3, meters: Meters | None = None) -> Iterator[Storage]:
    """url: of the database, or empty for SQLite in ``folder``. Raises StorageError.

    An SQLite table belongs to one service at a time. So whatever runs in it when a service opens it ran in one that is
    dead, and is free at once. With PostgreSQL there may be others, and only the end of a lease tells.
    """
    alone = not url.startswith("postgresql")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _owned(folder) if alone else nullcontext():
        engine = open_engine(folder, url)
        try:
            store, files = JobStore(engine, LEASE, attempts, meters), JobFiles(folder / "jobs")
            if alone:
                store.free_all()
                _remove_orphans(store, files)
            yield Storage(store, files, alone, engine)
        finally:
            engine.dispose()


def _remove_orphans(store: JobStore, files: JobFiles) -> None:
    """Folders of jobs that were never stored, or are forgotten: a service was killed in between."""
    for id in files.ids():
        if store.get(id) is None:
            files.remove(id)


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """The lock dies with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StorageError("DATA_DIR is in use by another service; give this one its own, or a DATABASE_URL.") from None
    finally:
        os.close(handle)
