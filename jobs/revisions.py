"""What people changed in the results of jobs, in order: each change can be taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from errors import NothingToUndo, RevisionChanged
from jobs.database import READING
from jobs.tables import Now, jobs, revisions

Change = dict[str, Any]


def forget(connection: Connection, job: str) -> None:
    """With its job."""
    connection.execute(delete(revisions).where(revisions.c.job == job))


class Revisions:
    """A result as it was made is revision 0. Safe between threads and between servers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})

    def of(self, job: str) -> list[list[Change]]:
        """The changes of revisions 1, 2, ... of the job with this id."""
        query = select(revisions.c.changes).where(revisions.c.job == job).order_by(revisions.c.number)
        with self._reading.begin() as connection:
            return list(connection.scalars(query))

    def add(self, job: str, number: int, changes: list[Change]) -> None:
        """number: that of the new revision. Raises RevisionChanged where it exists, or its job does not any more."""
        row = {"job": job, "number": number, "changes": changes, "made_at": Now()}
        try:
            with self._engine.begin() as connection:
                if connection.scalar(select(jobs.c.number).where(jobs.c.id == job).with_for_update()) is None:
                    raise changed_meanwhile()
                connection.execute(insert(revisions).values(row))
        except IntegrityError:
            raise changed_meanwhile() from None

    def drop(self, job: str, number: int) -> None:
        """Take the last revision back. Raises NothingToUndo for number 0, and RevisionChanged where it is not the
        last."""
        if number == 0:
            raise NothingToUndo("Nothing was changed in this conversation, or all of it was taken back.")
        mine = revisions.c.job == job
        last = select(func.max(revisions.c.number)).where(mine).scalar_subquery()
        with self._engine.begin() as connection:
            gone = connection.execute(delete(revisions).where(and_(mine, revisions.c.number == number, last == number)))
        if gone.rowcount != 1:
            raise changed_meanwhile()


def changed_meanwhile() -> RevisionChanged:
    return RevisionChanged("Somebody else has changed this conversation meanwhile; read it again.")
