"""Leases, tokens and states, on SQLite and on PostgreSQL. Leases run out in the database: a test moves their end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, update
from sqlalchemy.exc import SQLAlchemyError

from errors import InvalidOption
from jobs.database import open_database
from jobs.meters import Meters
from jobs.record import JobRecord, NewJob
from jobs.states import ENDED, FOLLOWS, State
from jobs.store import JobStore, LeaseLost
from jobs.tables import Now, jobs


@pytest.fixture
def store(engine: Engine) -> JobStore:
    return JobStore(engine)


def new(**values: Any) -> NewJob:
    return NewJob(uuid.uuid4().hex, **values)


def claimed(store: JobStore) -> JobRecord:
    job = store.claim()
    assert job is not None
    return job


def begun(store: JobStore) -> JobRecord:
    """Claimed, and in work; as it was claimed."""
    job = claimed(store)
    store.begin(job, job.attempts + 1)
    return job


def got(store: JobStore, id: str) -> JobRecord:
    job = store.get(id)
    assert job is not None
    return job


def run_out(engine: Engine, job: JobRecord) -> None:
    """The lease of a worker that has not been heard of."""
    with engine.begin() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(lease_until=Now() - 0.001))


def test_what_was_stored_is_read_back(store: JobStore, database_url: str) -> None:
    asked = new(
        name="Größe „a“ \U0001f600.wav",
        seconds=12.5,
        request={"num_speakers": 3, "keyterms": ["x"]},
        notes={"case": 7},
        warnings=("short",),
        owner="k1",
    )
    stored = store.add(asked)
    assert stored == store.get(asked.id) == JobStore(open_database(database_url)).get(asked.id)
    assert (stored.name, stored.seconds, stored.request) == (asked.name, asked.seconds, asked.request)
    assert (stored.notes, stored.warnings, stored.owner) == (asked.notes, asked.warnings, asked.owner)
    assert (stored.state, stored.attempts, stored.ended) == (State.QUEUED, 0, False)
    assert store.get("unknown") is None


def test_jobs_are_claimed_in_order_and_only_once(store: JobStore) -> None:
    ids = [store.add(new()).id for _ in range(3)]
    claims = [claimed(store) for _ in ids]
    assert [job.id for job in claims] == ids
    assert {(job.state, job.attempts, job.token) for job in claims} == {(State.QUEUED, 0, 1)}
    assert store.claim() is None
    for job in claims:
        store.begin(job, 1)
    assert {(job.state, job.attempts) for job in store.list()} == {(State.RUNNING, 1)}


def test_many_workers_never_get_the_same_job(database_url: str, store: JobStore) -> None:
    ids = {store.add(new()).id for _ in range(40)}

    def work(own: JobStore) -> list[str]:
        done = list[str]()
        while job := own.claim():
            own.finish(job)
            done.append(job.id)
        return done

    workers = [JobStore(open_database(database_url)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = [id for part in pool.map(work, workers) for id in part]
    assert sorted(done) == sorted(ids)
    assert {job.state for job in store.list()} == {State.DONE}


def test_a_job_whose_worker_vanished_is_claimed_again(store: JobStore, engine: Engine) -> None:
    store.add(new())
    first = begun(store)
    started_at = got(store, first.id).started_at
    assert store.claim() is None
    run_out(engine, first)
    second = begun(store)
    assert (second.id, got(store, first.id).attempts, second.token) == (first.id, 2, 2)
    assert got(store, first.id).started_at == started_at is not None


@pytest.mark.parametrize(
    "write",
    [
        lambda store, job: store.renew(job),
        lambda store, job: store.begin(job, 1),
        lambda store, job: store.finish(job),
        lambda store, job: store.fail(job, InvalidOption("no")),
        lambda store, job: store.put_back(job, 0),
    ],
    ids=["renew", "begin", "finish", "fail", "put_back"],
)
def test_who_slept_through_the_lease_writes_nothing(
    store: JobStore, engine: Engine, write: Callable[[JobStore, JobRecord], Any]
) -> None:
    store.add(new())
    sleeper = claimed(store)
    run_out(engine, sleeper)
    other = claimed(store)
    before = store.get(other.id)
    with pytest.raises(LeaseLost):
        write(store, sleeper)
    assert store.get(other.id) == before
    store.finish(other)
    with pytest.raises(LeaseLost):
        write(store, sleeper)
    with pytest.raises(LeaseLost):  # an end is an end, also for its owner
        write(store, other)
    assert got(store, other.id).state == State.DONE


def test_a_late_heartbeat_is_good_as_long_as_nobody_took_the_job(store: JobStore, engine: Engine) -> None:
    store.add(new())
    job = claimed(store)
    run_out(engine, job)
    assert not store.renew(job, "words", 0.5)
    assert store.claim() is None
    assert (got(store, job.id).stage, got(store, job.id).fraction) == ("words", 0.5)


def test_a_job_that_kills_its_workers_fails_with_the_cause_and_blocks_nobody(store: JobStore, engine: Engine) -> None:
    poison, harmless = store.add(new()), store.add(new())
    for attempt in (1, 2, 3):
        job = begun(store)
        assert (job.id, got(store, job.id).attempts) == (poison.id, attempt)
        run_out(engine, job)
    assert claimed(store).id == harmless.id
    ended = got(store, poison.id)
    assert (ended.state, ended.error and ended.error["code"]) == (State.FAILED, "worker_failed")
    assert ended.ended_at is not None


def test_a_job_that_was_claimed_and_never_begun_has_all_its_attempts(store: JobStore, engine: Engine) -> None:
    """Whoever claims many dies of one of them at most."""
    id = store.add(new()).id
    for token in range(1, 6):
        job = claimed(store)
        assert (job.id, job.attempts, job.token, job.started_at) == (id, 0, token, None)
        run_out(engine, job)
    store.put_back(claimed(store), 0)
    assert (got(store, id).state, got(store, id).attempts) == (State.QUEUED, 0)


def test_a_job_that_was_put_back_has_its_place_and_the_attempts_that_failed(store: JobStore) -> None:
    first, second = store.add(new()), store.add(new())
    store.put_back(begun(store), 0)
    again = begun(store)
    assert (again.id, again.attempts, again.token) == (first.id, 0, 2)
    store.begin(again, 2)
    store.put_back(again, 1)
    with pytest.raises(LeaseLost):
        store.renew(again)
    again = claimed(store)
    assert (again.id, again.attempts, again.token) == (first.id, 1, 3)
    assert claimed(store).id == second.id


def test_a_job_that_is_to_be_cancelled_does_not_wait_again(engine: Engine) -> None:
    meters = Meters()
    store = JobStore(engine, meters=meters)
    job = store.add(new())
    running = begun(store)
    store.cancel(job.id)
    store.put_back(running, 0)
    ended = got(store, job.id)
    assert (ended.state, ended.attempts) == (State.CANCELLED, 1)
    assert ended.ended_at is not None
    assert meters.registry.get_sample_value("diarization_jobs_ended_total", {"state": State.CANCELLED}) == 1
    assert store.claim() is None


def test_nobody_claims_what_he_still_works_on(store: JobStore, engine: Engine) -> None:
    first, second = store.add(new()), store.add(new())
    run_out(engine, claimed(store))
    store.put_back(claimed(store), 0)  # by another server, which had taken it over
    job = store.claim([first.id])
    assert job is not None
    assert job.id == second.id
    run_out(engine, job)
    assert store.claim([first.id, second.id]) is None


def test_a_failure_keeps_its_error(store: JobStore) -> None:
    store.add(new())
    job = claimed(store)
    store.fail(job, InvalidOption("too many", field="num_speakers"))
    assert got(store, job.id).error == {"code": "invalid_option", "message": "too many", "field": "num_speakers"}


def test_cancelling(store: JobStore, engine: Engine) -> None:
    runs, waits = store.add(new()), store.add(new())
    job = claimed(store)
    assert not store.renew(job)
    assert [store.cancel(id) for id in (waits.id, runs.id, "unknown")] == [
        store.get(waits.id),
        store.get(runs.id),
        None,
    ]
    assert got(store, waits.id).state == State.CANCELLED
    assert store.renew(job)
    store.put_back(job, 0)
    ended = got(store, runs.id)
    assert ended.state == State.CANCELLED
    assert store.cancel(runs.id) == ended  # a second time is harmless
    assert store.claim() is None


def test_a_cancelled_job_whose_worker_vanished_is_not_tried_again(store: JobStore, engine: Engine) -> None:
    store.add(new())
    job = claimed(store)
    store.cancel(job.id)
    run_out(engine, job)
    assert store.claim() is None
    assert got(store, job.id).state == State.CANCELLED


@pytest.mark.parametrize("in_work", [False, True])
def test_a_job_whose_worker_vanished_is_cancelled_at_once(store: JobStore, engine: Engine, in_work: bool) -> None:
    """And not when somebody next looks for work: that may be long after."""
    store.add(new())
    sleeper = begun(store) if in_work else claimed(store)
    run_out(engine, sleeper)
    cancelled = store.cancel(sleeper.id)
    assert cancelled is not None
    assert (cancelled.state, cancelled.ended_at is not None) == (State.CANCELLED, True)
    for write in (store.renew, store.finish):
        with pytest.raises(LeaseLost):
            write(sleeper)
    assert store.claim() is None


def test_a_job_that_waits_again_is_at_its_beginning(store: JobStore, engine: Engine) -> None:
    def how_far() -> tuple[State, str, float]:
        job = store.list()[0]
        return job.state, job.stage, job.fraction

    store.add(new())
    job = begun(store)
    store.renew(job, "words", 0.8)
    store.put_back(job, 0)
    assert how_far() == (State.QUEUED, "", 0.0)
    job = begun(store)
    store.renew(job, "words", 0.8)
    run_out(engine, job)
    job = claimed(store)
    assert how_far() == (State.QUEUED, "", 0.0)
    store.renew(job, "voices", 0.5)
    store.cancel(job.id)
    store.put_back(job, 0)
    assert how_far() == (State.CANCELLED, "voices", 0.5)


def test_an_idempotency_key_gives_the_same_job_to_its_owner(database_url: str, store: JobStore) -> None:
    def post(server: JobStore) -> str:
        return server.add(new(owner="k1", idempotency_key="once", fingerprint="f")).id

    meters = Meters()
    servers = [JobStore(open_database(database_url), meters=meters) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, servers * 8))) == 1
    assert store.pending("k1") == 1
    assert meters.registry.get_sample_value("diarization_jobs_accepted_total") == 1
    assert store.add(new(owner="k2", idempotency_key="once")).owner == "k2"
    assert len({store.add(new(owner="k1")).id for _ in range(3)}) == 3  # no key: every one is new
    assert store.list("k1")[-1].fingerprint == "f"


def test_who_waits_for_a_job_can_let_it_go(store: JobStore) -> None:
    job = store.add(new(request={"options": {"num_speakers": 2}, "waited_for": True}))
    store.let_go(job.id)
    store.let_go("unknown")
    assert got(store, job.id).request == {"options": {"num_speakers": 2}, "waited_for": False}


def test_pages_and_filters(store: JobStore) -> None:
    ids = [store.add(new(owner=owner)).id for owner in "ababa"]
    begun(store)
    claimed(store)  # and waits
    assert [job.id for job in store.list(limit=2)] == ids[:2:-1]
    assert [job.id for job in store.list(before=store.list(limit=2)[-1].number)] == ids[2::-1]
    assert [job.id for job in store.list(after=store.list()[-1].number, limit=2)] == ids[:2:-1]
    assert [job.id for job in store.list("a", states=[State.QUEUED])] == [ids[4], ids[2]]
    assert [job.id for job in store.list(states=[State.RUNNING])] == ids[:1]
    assert (store.pending(), store.pending("b")) == (5, 2)
    assert store.places(ids) == dict(zip(ids[1:], range(4), strict=True))
    assert (store.places([ids[3], "unknown"]), store.places([])) == ({ids[3]: 2}, {})


def test_old_jobs_are_found_and_only_ended_ones_are_forgotten(store: JobStore, engine: Engine) -> None:
    kept, waits = store.add(new()), store.add(new())
    store.finish(claimed(store))
    assert store.ended_before(60) == []
    with engine.begin() as connection:
        connection.execute(update(jobs).values(ended_at=Now() - 100).where(jobs.c.id == kept.id))
    assert store.ended_before(60) == [kept.id]
    assert [store.erase(id) for id in (kept.id, kept.id, waits.id)] == [True, False, False]
    assert (store.get(kept.id), store.get(waits.id)) == (None, waits)


def test_a_number_is_never_given_twice(store: JobStore) -> None:
    """Pages are told apart by it, also when what was on them is gone."""
    last = store.add(new())
    store.cancel(last.id)
    store.erase(last.id)
    assert store.add(new()).number > last.number


def test_a_table_that_can_only_be_read_is_found_out_and_nothing_is_changed(store: JobStore, engine: Engine) -> None:
    job = store.add(new())
    store.check_writable()
    assert store.get(job.id) == job
    words = "PRAGMA query_only = ON" if engine.dialect.name == "sqlite" else "SET default_transaction_read_only = on"

    @event.listens_for(engine, "connect")
    def _forbid(connection: Any, _record: Any) -> None:
        connection.cursor().execute(words)
        connection.commit()

    engine.dispose()
    with pytest.raises(SQLAlchemyError):
        store.check_writable()
    assert store.get(job.id) == job


STEPS = st.sampled_from(["add", "claim", "begin", "renew", "finish", "fail", "put_back", "cancel", "run_out"])


@given(st.lists(st.tuples(STEPS, st.integers(0, 3)), max_size=40))
def test_whatever_happens_states_follow_each_other_as_they_may(steps: list[tuple[str, int]]) -> None:
    engine = open_database("sqlite://")
    meters = Meters()
    store, held, states = JobStore(engine, meters=meters), list[JobRecord](), dict[str, State]()
    for step, choice in steps:
        try:
            if step == "add":
                states[store.add(new()).id] = State.QUEUED
            elif step == "claim":
                held += [job] if (job := store.claim()) else []
            elif step == "cancel" and states:
                store.cancel(list(states)[choice % len(states)])
            elif held:
                act(store, engine, step, held[choice % len(held)])
        except LeaseLost:
            pass
        for job in store.list():
            assert job.state == states[job.id] or job.state in FOLLOWS[states[job.id]]
            states[job.id] = job.state
            assert (job.ended_at is not None) == job.ended
            assert job.attempts <= 3
        for end in ENDED:  # each is counted once
            counted = meters.registry.get_sample_value("diarization_jobs_ended_total", {"state": end})
            assert counted == len(store.list(states=[end]))
    engine.dispose()


def act(store: JobStore, engine: Engine, step: str, job: JobRecord) -> None:
    if step == "run_out":
        run_out(engine, job)
    elif step == "fail":
        store.fail(job, InvalidOption("no"))
    elif step == "begin":
        store.begin(job, job.attempts + 1)
    elif step == "put_back":
        store.put_back(job, job.attempts)
    else:
        getattr(store, step)(job)
