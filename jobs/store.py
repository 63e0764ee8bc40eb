"""The jobs, in a database: what was accepted is here, and who works on it holds a lease.

A lease that is not renewed runs out, and the job is free again. Each claim raises the row's token, and whoever writes
names the token of its claim: one who slept through its lease finds that the job is another's (``LeaseLost``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, case, false, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from errors import DiarizationError, TooManyPending, WorkerFailed
from jobs import revisions
from jobs.database import READING
from jobs.meters import Meters
from jobs.pending import count, hold_room
from jobs.record import JobRecord, NewJob
from jobs.states import ENDED, State
from jobs.tables import Now, jobs
from jobs.webhooks import outbox

_COLUMNS = tuple(jobs.c[name] for name in JobRecord.__dataclass_fields__)
_HELD = and_(jobs.c.state.not_in(ENDED), jobs.c.lease_until.is_not(None))
_WAITS = and_(jobs.c.state == State.QUEUED, jobs.c.lease_until.is_(None))
_FROM_THE_BEGINNING = {"state": State.QUEUED, "stage": "", "fraction": 0.0}  # as what waits is shown


class LeaseLost(Exception):
    """The job is no longer this worker's: another one has it, or it has ended."""


@dataclass(frozen=True)
class Backlog:
    """Jobs that wait, jobs in work, and the seconds since the oldest one that waits was stored."""

    waiting: int
    running: int
    oldest: float


class JobStore:
    """Safe between threads and between servers. lease: s that a claim holds without being renewed; attempts: how many
    may count of a job before it fails with the cause."""

    def __init__(self, engine: Engine, lease: float = 30.0, attempts: int = 3, meters: Meters | None = None) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})
        self.lease = lease
        self._attempts, self._meters = attempts, meters or Meters()

    def add(self, job: NewJob, most: int = 0) -> JobRecord:
        """Stored once this returns. With an idempotency key that the owner has used, the job of then is returned; its
        caller compares the fingerprints. most: how many jobs its owner may have that have not ended, 0: any number.
        Raises TooManyPending."""
        new = dict(vars(job), warnings=list(job.warnings), state=State.QUEUED, stage="", fraction=0.0)
        new |= {"cancel_asked": False, "token": 0, "attempts": 0, "created_at": Now()}
        url = new.pop("webhook_url")
        try:
            with self._engine.begin() as connection:
                if most:
                    hold_room(connection, job.owner, most)
                row = connection.execute(insert(jobs).values(new).returning(*_COLUMNS)).one()
                if url:
                    outbox.enter(connection, job.id, url)
        except (IntegrityError, TooManyPending):
            if job.idempotency_key and (earlier := self.by_key(job.owner, job.idempotency_key)):
                return earlier
            raise
        self._meters.accepted(job.seconds)
        return _record(row)

    def get(self, id: str) -> JobRecord | None:
        with self._reading.begin() as connection:
            row = connection.execute(select(*_COLUMNS).where(jobs.c.id == id)).one_or_none()
        return _record(row) if row else None

    def by_key(self, owner: str, key: str) -> JobRecord | None:
        """The job that its owner stored under this idempotency key."""
        same = and_(jobs.c.owner == owner, jobs.c.idempotency_key == key)
        with self._reading.begin() as connection:
            row = connection.execute(select(*_COLUMNS).where(same)).one_or_none()
        return _record(row) if row else None

    def list(
        self,
        owner: str | None = None,
        states: Sequence[State] = (),
        before: int | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> list[JobRecord]:
        """The newest first. owner: None for everybody's; before, after: the number of a job that is newer, or older,
        than these."""
        query = select(*_COLUMNS).order_by(jobs.c.number.desc()).limit(limit)
        query = query if owner is None else query.where(jobs.c.owner == owner)
        query = query.where(jobs.c.state.in_(states)) if states else query
        query = query if before is None else query.where(jobs.c.number < before)
        query = query if after is None else query.where(jobs.c.number > after)
        with self._reading.begin() as connection:
            return [_record(row) for row in connection.execute(query)]

    def open_ids(self) -> Sequence[str]:
        """Of the jobs that have not ended, in their order."""
        with self._reading.begin() as connection:
            query = select(jobs.c.id).where(jobs.c.state.not_in(ENDED)).order_by(jobs.c.number)
            return connection.scalars(query).all()

    def places(self, ids: Sequence[str]) -> dict[str, int]:
        """How many jobs wait before each of these, by their ids; only of those that wait themselves."""
        if not ids:
            return {}
        place = (func.row_number().over(order_by=jobs.c.number) - 1).label("place")
        queue = select(jobs.c.id, place).where(jobs.c.state == State.QUEUED).subquery()
        query = select(queue.c.id, queue.c.place).where(queue.c.id.in_(ids))
        with self._reading.begin() as connection:
            return {row.id: row.place for row in connection.execute(query)}

    def pending(self, owner: str | None = None) -> int:
        """Jobs that have not ended."""
        with self._reading.begin() as connection:
            return count(connection, owner)

    def backlog(self) -> Backlog:
        age = func.max(Now() - jobs.c.created_at)
        query = select(jobs.c.state, func.count(), age).where(jobs.c.state.not_in(ENDED)).group_by(jobs.c.state)
        with self._reading.begin() as connection:
            found = {state: (number, age) for state, number, age in connection.execute(query)}
        waiting, oldest = found.get(State.QUEUED, (0, 0.0))
        return Backlog(waiting, found.get(State.RUNNING, (0, 0.0))[0], max(0.0, oldest))

    def check_writable(self) -> None:
        """Raises what SQLAlchemy raises while nothing can be stored."""
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(false()).values(attempts=0))

    def claim(self, held: Collection[str] = ()) -> JobRecord | None:
        """The job that has waited longest, or one whose lease ran out; now held under a token of its own. It waits
        until :meth:`begin`.

        held: ids of jobs that the caller still works on, and which are not to be taken from it: it may have slept."""
        with self._engine.begin() as connection:
            hopeless = self._end_the_hopeless(connection, held)
            free = and_(or_(_WAITS, _forsaken(held)), jobs.c.id.not_in(held))
            first = select(jobs.c.number).where(free).order_by(jobs.c.number).limit(1).with_for_update(skip_locked=True)
            values = {"token": jobs.c.token + 1, "lease_until": Now() + self.lease, **_FROM_THE_BEGINNING}
            claim = update(jobs).where(jobs.c.number == first.scalar_subquery()).values(values).returning(*_COLUMNS)
            row = connection.execute(claim).one_or_none()
        for state, number in hopeless.items():
            self._meters.ended(state, number)
        return _record(row) if row else None

    def begin(self, job: JobRecord, attempt: int) -> None:
        """The work on a claimed job begins: its first attempt, or a later one. Raises LeaseLost."""
        started = func.coalesce(jobs.c.started_at, Now())
        values = {"state": State.RUNNING, "attempts": attempt, "started_at": started}
        with self._engine.begin() as connection:
            self._write(connection, job, values)

    def free_all(self) -> None:
        """Whoever worked on anything is dead: their leases are over."""
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(_HELD).values(lease_until=0.0))

    def renew(self, job: JobRecord, stage: str | None = None, fraction: float = 0.0) -> bool:
        """Another lease, and how far the work is; True when somebody wants it cancelled. Raises LeaseLost."""
        progress = {} if stage is None else {"stage": stage, "fraction": fraction}
        with self._engine.begin() as connection:
            return self._write(connection, job, {"lease_until": Now() + self.lease} | progress).cancel_asked

    def let_go(self, id: str) -> None:
        """Whoever waited for the job no longer does: it outlives its server, like any other."""
        this = jobs.c.id == id
        with self._engine.begin() as connection:
            request = connection.scalar(select(jobs.c.request).where(this).with_for_update())
            if request:
                connection.execute(update(jobs).where(this).values(request={**request, "waited_for": False}))

    def finish(self, job: JobRecord) -> None:
        """Raises LeaseLost: the result is then another's to give."""
        started = func.coalesce(jobs.c.started_at, Now())
        self._end(job, State.DONE, {"fraction": 1.0, "started_at": started})

    def fail(self, job: JobRecord, error: DiarizationError) -> None:
        """Raises LeaseLost."""
        self._end(job, State.FAILED, {"error": error.to_dict()})

    def put_back(self, job: JobRecord, attempts: int) -> None:
        """Nobody works on it any longer: it is cancelled where that was asked for, and else waits again, at its old
        place. attempts: those that it failed in. Raises LeaseLost."""
        asked = jobs.c.cancel_asked
        values = {
            **{name: case((asked, jobs.c[name]), else_=new) for name, new in _FROM_THE_BEGINNING.items()},
            "state": case((asked, State.CANCELLED), else_=State.QUEUED),
            "ended_at": case((asked, Now())),
            "lease_until": None,
            "attempts": case((asked, jobs.c.attempts), else_=attempts),
        }
        with self._engine.begin() as connection:
            state = self._write(connection, job, values).state
        if state is State.CANCELLED:
            self._meters.ended(state)

    def cancel(self, id: str) -> JobRecord | None:
        """A job that waits, or whose worker vanished, is cancelled; one that somebody holds is asked to stop, at its
        next :meth:`renew`; one that has ended stays as it is. None for an unknown id."""
        free = or_(_WAITS, _forsaken(()))
        values: dict[str, Any] = {
            "state": case((free, State.CANCELLED), else_=jobs.c.state),
            "ended_at": case((free, Now()), else_=jobs.c.ended_at),
            "lease_until": case((free, None), else_=jobs.c.lease_until),
            "cancel_asked": True,
        }
        with self._engine.begin() as connection:
            open_one = and_(jobs.c.id == id, jobs.c.state.not_in(ENDED))
            changed = update(jobs).where(open_one).values(values).returning(jobs.c.state)
            state = connection.scalars(changed).one_or_none()
        if state == State.CANCELLED:
            self._meters.ended(State.CANCELLED)
        return self.get(id)

    def erase(self, id: str) -> bool:
        """Forget a job that has ended; False where there is none."""
        ended = and_(jobs.c.id == id, jobs.c.state.in_(ENDED))
        with self._engine.begin() as connection:
            erased = connection.execute(jobs.delete().where(ended)).rowcount == 1
            if erased:
                outbox.strike_out(connection, id)
                revisions.forget(connection, id)
        return erased

    def ended_before(self, age: float, limit: int = 100) -> Sequence[str]:
        """Ids of jobs that ended more than ``age`` s ago, the oldest first."""
        old = and_(jobs.c.state.in_(ENDED), jobs.c.ended_at < Now() - age)
        with self._reading.begin() as connection:
            return connection.scalars(select(jobs.c.id).where(old).order_by(jobs.c.number).limit(limit)).all()

    def _end(self, job: JobRecord, state: State, values: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            self._write(connection, job, {"state": state, "ended_at": Now(), "lease_until": None, **values})
        self._meters.ended(state)

    def _write(self, connection: Connection, job: JobRecord, values: Mapping[str, Any]) -> JobRecord:
        mine = and_(_HELD, jobs.c.number == job.number, jobs.c.token == job.token)
        row = connection.execute(update(jobs).where(mine).values(dict(values)).returning(*_COLUMNS)).one_or_none()
        if row is None:
            raise LeaseLost(job.id)
        return _record(row)

    def _end_the_hopeless(self, connection: Connection, held: Collection[str]) -> dict[State, int]:
        """Jobs whose last worker vanished: those that are to be cancelled, and those that were begun often enough. How
        many there were."""
        ended = {"ended_at": Now(), "lease_until": None}
        unwanted = and_(_forsaken(held), jobs.c.cancel_asked)
        cancelled = connection.execute(update(jobs).where(unwanted).values(state=State.CANCELLED, **ended))
        error = WorkerFailed("The worker process died or hung on this recording each time it was tried.").to_dict()
        worn = and_(_forsaken(held), jobs.c.attempts >= self._attempts)
        failed = connection.execute(update(jobs).where(worn).values(state=State.FAILED, error=error, **ended))
        return {State.CANCELLED: cancelled.rowcount, State.FAILED: failed.rowcount}


def _forsaken(held: Collection[str]) -> ColumnElement[bool]:
    return and_(_HELD, jobs.c.lease_until < Now(), jobs.c.id.not_in(held))


def _record(row: Row[Any]) -> JobRecord:
    values = dict(row._mapping)
    return JobRecord(**values | {"state": State(values["state"]), "warnings": tuple(values["warnings"])})
