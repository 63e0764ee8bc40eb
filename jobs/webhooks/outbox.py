"""Which webhooks are owed, in a table beside the jobs.

A row is written with its job. The end of the job, in whatever way it comes, is what makes it due: there is no second
write between the two that a kill could prevent. Whoever delivers it holds a lease, as whoever works on a job.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, or_, select, update

from jobs.database import READING
from jobs.states import ENDED
from jobs.tables import Now, jobs, webhooks
from jobs.webhooks.addresses import parse


class Delivery(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Due:
    """A webhook that was claimed. token: of the claim; attempts: those before."""

    job: str
    url: str
    receiver: str
    token: int
    attempts: Sequence[dict[str, Any]]


def enter(connection: Connection, job: str, url: str) -> None:
    """Owed from the job's end on."""
    row = {"job": job, "url": url, "receiver": parse(url).authority, "state": Delivery.WAITING}
    connection.execute(insert(webhooks).values(row | {"attempts": [], "tries": 0, "not_before": 0.0, "token": 0}))


def strike_out(connection: Connection, job: str) -> None:
    """With its job. No foreign key does it: a migration that builds SQLite's table of jobs anew drops the old one,
    and would take every webhook with it."""
    connection.execute(delete(webhooks).where(webhooks.c.job == job))


class Outbox:
    """Safe between threads and between servers. lease: s that a claim holds."""

    def __init__(self, engine: Engine, lease: float) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})
        self._lease = lease

    def claim(self, busy: Collection[str] = ()) -> Due | None:
        """One that is due, but of no receiver in ``busy``. First tries come first: what has failed can wait."""
        with self._engine.begin() as connection:
            query = select(webhooks.c.job).join(jobs, jobs.c.id == webhooks.c.job).where(_is_due(busy))
            query = query.order_by(webhooks.c.tries, webhooks.c.not_before, jobs.c.number).limit(1)
            first = query.with_for_update(skip_locked=True, of=webhooks)
            values = {"token": webhooks.c.token + 1, "lease_until": Now() + self._lease}
            claim = update(webhooks).where(webhooks.c.job == first.scalar_subquery()).values(values)
            columns = (webhooks.c[name] for name in Due.__dataclass_fields__)
            row = connection.execute(claim.returning(*columns)).one_or_none()
        return Due(**row._mapping) if row else None

    def write_down(self, due: Due, attempt: dict[str, Any], state: Delivery, wait: float = 0.0) -> None:
        """How an attempt went, and what follows: another one after ``wait`` s where the state is WAITING. Nothing is
        written where the job was erased, or the lease lost."""
        attempts = [*due.attempts, attempt]
        self._give_back(due, {"attempts": attempts, "tries": len(attempts), "state": state, "not_before": Now() + wait})

    def put_back(self, due: Due) -> None:
        """As if it had not been claimed."""
        self._give_back(due, {})

    def free_all(self) -> None:
        """Whoever delivered anything is dead."""
        with self._engine.begin() as connection:
            connection.execute(update(webhooks).values(lease_until=None))

    def logs(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """{job: where its webhook goes, and how the delivery goes}; a job without a webhook is left out."""
        columns = (webhooks.c.job, webhooks.c.url, webhooks.c.state, webhooks.c.attempts)
        with self._reading.begin() as connection:
            rows = connection.execute(select(*columns).where(webhooks.c.job.in_(ids))).all()
        return {row.job: {"url": row.url, "state": row.state, "attempts": row.attempts} for row in rows}

    def _give_back(self, due: Due, values: dict[str, Any]) -> None:
        mine = and_(webhooks.c.job == due.job, webhooks.c.token == due.token)
        with self._engine.begin() as connection:
            connection.execute(update(webhooks).where(mine).values(**values, lease_until=None))


def _is_due(busy: Collection[str]) -> Any:
    free = or_(webhooks.c.lease_until.is_(None), webhooks.c.lease_until < Now())
    waits = and_(webhooks.c.state == Delivery.WAITING, webhooks.c.not_before <= Now())
    return and_(waits, free, jobs.c.state.in_(ENDED), webhooks.c.receiver.not_in(busy))
