"""What is owed, on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from errors import InvalidOption
from jobs.database import open_database
from jobs.record import JobRecord, NewJob
from jobs.store import JobStore
from jobs.tables import Now, jobs, webhooks
from jobs.webhooks.outbox import Delivery, Due, Outbox

URL = "https://example.org/hook?token=x"
ATTEMPT: dict[str, Any] = {"at": 1.5, "status": 500, "error": None, "seconds": 0.1}


@pytest.fixture
def store(engine: Engine) -> JobStore:
    return JobStore(engine)


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine, lease=60)


def add(store: JobStore, url: str | None = URL) -> JobRecord:
    return store.add(NewJob(uuid.uuid4().hex, webhook_url=url))


def cancelled(store: JobStore, url: str | None = URL) -> str:
    """The id of a job that has ended."""
    id = add(store, url).id
    store.cancel(id)
    return id


def claimed(outbox: Outbox, busy: tuple[str, ...] = ()) -> Due:
    due = outbox.claim(busy)
    assert due is not None
    return due


def running(store: JobStore) -> JobRecord:
    job = store.claim()
    assert job is not None
    return job


def run_out(engine: Engine, **values: Any) -> None:
    """The lease of whoever died, or a wait."""
    with engine.begin() as connection:
        connection.execute(update(webhooks).values(**{name: Now() - 0.001 for name in values}))


def finish(store: JobStore, engine: Engine, job: JobRecord) -> None:
    store.finish(running(store))


def fail(store: JobStore, engine: Engine, job: JobRecord) -> None:
    store.fail(running(store), InvalidOption("no"))


def give_up(store: JobStore, engine: Engine, job: JobRecord) -> None:
    taken = running(store)
    store.cancel(taken.id)
    store.put_back(taken, 0)


def cancel(store: JobStore, engine: Engine, job: JobRecord) -> None:
    store.cancel(job.id)


def vanish(store: JobStore, engine: Engine, job: JobRecord) -> None:
    """Its worker, each time it is tried."""
    while claim := store.claim():
        store.begin(claim, claim.attempts + 1)
        with engine.begin() as connection:
            connection.execute(update(jobs).values(lease_until=Now() - 0.001))


def vanish_when_cancelled(store: JobStore, engine: Engine, job: JobRecord) -> None:
    running(store)
    store.cancel(job.id)
    with engine.begin() as connection:
        connection.execute(update(jobs).values(lease_until=Now() - 0.001))
    assert store.claim() is None  # which is where it ends


@pytest.mark.parametrize("end", [finish, fail, give_up, cancel, vanish, vanish_when_cancelled])
def test_a_webhook_is_due_from_the_end_of_its_job_whatever_end_that_is(
    end: Any, store: JobStore, outbox: Outbox, engine: Engine
) -> None:
    job = add(store)
    assert outbox.claim() is None
    end(store, engine, job)
    due = claimed(outbox)
    assert (due.job, due.url, due.receiver, due.attempts) == (job.id, URL, "example.org", [])
    assert outbox.claim() is None


def test_a_job_that_runs_or_waits_again_owes_nothing(store: JobStore, outbox: Outbox) -> None:
    add(store)
    job = running(store)
    assert outbox.claim() is None
    store.put_back(job, 0)
    assert outbox.claim() is None


def test_a_job_without_a_webhook_owes_nothing(store: JobStore, outbox: Outbox) -> None:
    id = cancelled(store, None)
    assert (outbox.claim(), outbox.logs([id])) == (None, {})


def test_a_job_that_was_stored_before_under_its_key_keeps_its_webhook(store: JobStore, outbox: Outbox) -> None:
    one, same = (store.add(NewJob(id, idempotency_key="k", webhook_url=f"http://{id}/")) for id in "ab")
    assert one == same
    assert set(outbox.logs(["a", "b"])) == {"a"}


def test_an_attempt_is_in_the_log_and_the_next_one_waits(store: JobStore, outbox: Outbox, engine: Engine) -> None:
    id = cancelled(store)
    assert outbox.logs([id]) == {id: {"url": URL, "state": "waiting", "attempts": []}}
    outbox.write_down(claimed(outbox), ATTEMPT, Delivery.WAITING, wait=60)
    assert outbox.logs([id, "other"]) == {id: {"url": URL, "state": "waiting", "attempts": [ATTEMPT]}}
    assert outbox.claim() is None
    run_out(engine, not_before=True)
    again = claimed(outbox)
    assert again.attempts == [ATTEMPT]
    outbox.write_down(again, ATTEMPT | {"status": 200}, Delivery.DELIVERED)
    assert outbox.logs([id])[id]["state"] == "delivered"
    assert len(outbox.logs([id])[id]["attempts"]) == 2
    assert outbox.claim() is None


def test_what_was_given_up_is_not_tried_again(store: JobStore, outbox: Outbox) -> None:
    cancelled(store)
    outbox.write_down(claimed(outbox), ATTEMPT, Delivery.GIVEN_UP)
    assert outbox.claim() is None


def test_who_slept_through_the_lease_writes_nothing(store: JobStore, outbox: Outbox, engine: Engine) -> None:
    id = cancelled(store)
    sleeper = claimed(outbox)
    run_out(engine, lease_until=True)
    other = claimed(outbox)
    outbox.write_down(sleeper, ATTEMPT, Delivery.GIVEN_UP)
    outbox.put_back(sleeper)
    assert outbox.claim() is None  # it is still the other's
    outbox.write_down(other, ATTEMPT, Delivery.DELIVERED)
    assert outbox.logs([id])[id] == {"url": URL, "state": "delivered", "attempts": [ATTEMPT]}


def test_what_was_put_back_and_what_the_dead_held_is_due_at_once(store: JobStore, outbox: Outbox) -> None:
    id = cancelled(store)
    outbox.put_back(claimed(outbox))
    assert claimed(outbox).job == id
    outbox.free_all()
    assert claimed(outbox).attempts == []


def test_an_erased_job_owes_nothing_and_leaves_nothing(store: JobStore, outbox: Outbox, engine: Engine) -> None:
    on_its_way, waits, stays = (cancelled(store, f"http://{host}/") for host in "abc")
    due = claimed(outbox, ("b", "c"))
    assert [store.erase(id) for id in (on_its_way, waits)] == [True, True]
    outbox.write_down(due, ATTEMPT, Delivery.WAITING)
    assert claimed(outbox).job == stays
    with engine.begin() as connection:
        assert connection.scalars(select(webhooks.c.job)).all() == [stays]


def test_a_job_that_has_not_ended_keeps_its_webhook_when_it_is_to_be_erased(store: JobStore, outbox: Outbox) -> None:
    id = add(store).id
    assert not store.erase(id)
    assert set(outbox.logs([id])) == {id}


def test_receivers_that_are_busy_and_what_has_failed_before_let_others_go_first(
    store: JobStore, outbox: Outbox, engine: Engine
) -> None:
    dead = [cancelled(store, "http://dead:81/") for _ in range(2)]
    outbox.write_down(claimed(outbox), ATTEMPT, Delivery.WAITING)
    quick = cancelled(store, "http://quick/")
    assert claimed(outbox, ("dead:81",)).job == quick
    assert outbox.claim(("dead:81",)) is None
    assert [claimed(outbox).job for _ in dead] == dead[::-1]


def test_servers_never_send_the_same_at_once(database_url: str, store: JobStore) -> None:
    ids = [cancelled(store) for _ in range(20)]

    def work(outbox: Outbox) -> list[str]:
        mine = list[str]()
        while due := outbox.claim():
            mine.append(due.job)
        return mine

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(work, [Outbox(open_database(database_url), 60) for _ in range(4)])
        assert sorted(id for part in parts for id in part) == sorted(ids)
