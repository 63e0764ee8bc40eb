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
_KIND = "database"  # a file in DATA_DIR: the kind of the database that its jobs are in


@dataclass(frozen=True)
class Storage:
    """alone: no other service works on these jobs; engine: of the database that they are in."""

    store: JobStore
    files: JobFiles
    alone: bool
    engine: Engine


def open_engine(folder: Path, url: str = "") -> Engine:
    """The database at ``url``, or SQLite in ``folder``, whoever else uses it. Raises StorageError."""
    _check_kind(folder, _kind(url))
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
    alone = _kind(url) == "SQLite"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _owned(folder) if alone else nullcontext():
        engine = open_engine(folder, url)
        try:
            _note_kind(folder, _kind(url))
            store, files = JobStore(engine, LEASE, attempts, meters), JobFiles(folder / "jobs")
            if alone:
                store.free_all()
            yield Storage(store, files, alone, engine)
        finally:
            engine.dispose()


def _kind(url: str) -> str:
    return "PostgreSQL" if url.startswith("postgresql") else "SQLite"


def _check_kind(folder: Path, kind: str) -> None:
    """To a service with another table these jobs are nobody's, and it would delete their files."""
    if (before := _kind_before(folder) or kind) != kind:
        message = (
            f"DATA_DIR has the files of jobs in {before}, and this service uses {kind}: set DATABASE_URL as before"
        )
        raise StorageError(f"{message}, or give this service a DATA_DIR of its own.")


def _kind_before(folder: Path) -> str:
    """Empty where there is nothing to tell by. Earlier versions did not write it down."""
    try:
        return (folder / _KIND).read_text()
    except FileNotFoundError:
        here, jobs = (folder / "jobs.db").exists(), folder / "jobs"
        return "PostgreSQL" if not here and jobs.is_dir() and any(jobs.iterdir()) else ""


def _note_kind(folder: Path, kind: str) -> None:
    note = folder / _KIND
    if not note.exists() or note.read_text() != kind:  # a service must start on a full disk, too
        note.write_text(kind)


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """The lock dies with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StorageError("DATA_DIR is in use by another service; give this one its own.") from None
    finally:
        os.close(handle)
