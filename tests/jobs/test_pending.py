"""The cap on one owner's jobs, on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from errors import TooManyPending
from jobs.database import open_database
from jobs.pending import RETRY_AFTER, check_room
from jobs.record import NewJob
from jobs.store import JobStore


def new(owner: str = "k1", key: str | None = None) -> NewJob:
    return NewJob(uuid.uuid4().hex, owner=owner, idempotency_key=key)


def test_a_job_that_ends_makes_room(engine: Engine) -> None:
    store = JobStore(engine)
    for _ in range(2):
        store.add(new(), most=2)
    with pytest.raises(TooManyPending) as refused:
        store.add(new(), most=2)
    assert refused.value.retry_after == RETRY_AFTER
    store.add(new("k2"), most=2)
    job = store.claim()
    assert job is not None
    with pytest.raises(TooManyPending):  # a job in work has not ended
        store.add(new(), most=2)
    store.finish(job)
    store.add(new(), most=2)
    store.add(new())
    assert store.pending("k1") == 3


def test_a_request_that_comes_again_needs_no_room(engine: Engine) -> None:
    store = JobStore(engine)
    first = store.add(new(key="a"), most=1)
    assert store.add(new(key="a"), most=1).id == first.id
    with pytest.raises(TooManyPending):
        store.add(new(key="b"), most=1)


def test_requests_that_come_together_do_not_pass_together(database_url: str, engine: Engine) -> None:
    """Through several servers, on PostgreSQL: each has an engine of its own."""
    stores = [JobStore(open_database(database_url)) for _ in range(4)]

    def add(place: int) -> bool:
        try:
            stores[place % 4].add(new(), most=5)
        except TooManyPending:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(add, range(32))) == 5
    assert JobStore(engine).pending("k1") == 5


def test_the_last_place_is_one() -> None:
    check_room(1, most=2)
    with pytest.raises(TooManyPending, match="has 2 jobs"):
        check_room(2, most=2)
