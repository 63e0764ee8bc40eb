"""Which changes people made to the results of jobs, in order: each can be taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from errors import NothingToUndo, RevisionChanged
from jobs.database import READING
from jobs.tables import Now, jobs, revisions

Change = dict[str, Any]


def forget(connection: Connection, job: str) -> None:
    """With its job."""
    connection.execute(delete(revisions).where(revisions.c.job == job))


class Revisions:
    """Each has an id that is never used again, so that who has seen one knows it from any other. A result as it was
    made has none: its id is empty. Safe between threads and between servers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})

    def last(self, job: str) -> str:
        """The id of the last revision of the job with this id."""
        with self._reading.begin() as connection:
            return _last(connection, job)[1]

    def add(self, job: str, after: str, id: str, changes: list[Change]) -> None:
        """after: the id of the revision that was changed. Raises RevisionChanged where it is not the last any more, or
        the job is gone."""
        with self._engine.begin() as connection:
            number = _held(connection, job, after)
            row = {"job": job, "number": number + 1, "id": id, "changes": changes, "made_at": Now()}
            connection.execute(insert(revisions).values(row))

    def drop(self, job: str, id: str) -> None:
        """Take a revision back. Raises NothingToUndo for the result as it was made, and RevisionChanged where it is not
        the last."""
        if not id:
            raise NothingToUndo("Nothing was changed in this conversation, or all of it was taken back.")
        with self._engine.begin() as connection:
            _held(connection, job, id)
            connection.execute(delete(revisions).where(revisions.c.job == job, revisions.c.id == id))


def _held(connection: Connection, job: str, id: str) -> int:
    """The number of the last revision, which has this id; nobody else changes it until the transaction ends."""
    if connection.scalar(select(jobs.c.number).where(jobs.c.id == job).with_for_update()) is None:
        raise changed_meanwhile()
    number, last = _last(connection, job)
    if last != id:
        raise changed_meanwhile()
    return number


def _last(connection: Connection, job: str) -> tuple[int, str]:
    newest = select(func.max(revisions.c.number)).where(revisions.c.job == job).scalar_subquery()
    query = select(revisions.c.number, revisions.c.id).where(revisions.c.job == job, revisions.c.number == newest)
    row = connection.execute(query).one_or_none()
    return (row.number, row.id) if row else (0, "")


def changed_meanwhile() -> RevisionChanged:
    return RevisionChanged("Somebody else has changed this conversation meanwhile; read it again.")
