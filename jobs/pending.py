"""How many jobs that have not ended one API key may have, so that none takes the whole queue."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from errors import TooManyPending
from jobs.states import ENDED
from jobs.tables import jobs

RETRY_AFTER = 10  # s; asking is cheap, and the next end of a job makes room
_COUNTING = 0x7065_6E64  # the number of a kind of lock; there is one for each owner


def hold_room(connection: Connection, owner: str, most: int) -> None:
    """Until this transaction ends nobody else adds a job of this owner's. Raises TooManyPending."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(select(func.pg_advisory_xact_lock(_COUNTING, func.hashtext(owner))))
    check_room(count(connection, owner), most)


def count(connection: Connection, owner: str | None = None) -> int:
    """owner: None for everybody's."""
    query = select(func.count()).select_from(jobs).where(jobs.c.state.not_in(ENDED))
    return connection.scalar(query if owner is None else query.where(jobs.c.owner == owner)) or 0


def check_room(pending: int, most: int) -> None:
    """Raises TooManyPending."""
    if pending >= most:
        message = f"This API key has {pending} jobs that have not ended, and may have {most}; wait, or cancel one."
        raise TooManyPending(message, retry_after=RETRY_AFTER)
