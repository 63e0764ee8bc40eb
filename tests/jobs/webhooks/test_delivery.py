from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from errors import EmptyAudio
from jobs.database import open_database
from jobs.record import NewJob
from jobs.store import JobStore
from jobs.webhooks import delivery
from jobs.webhooks.addresses import Addresses
from jobs.webhooks.delivery import RECEIVERS, Courier, message, wait_after
from jobs.webhooks.outbox import Outbox
from jobs.webhooks.sender import Sender
from tests.fakes import IN_TIME, wait_until
from tests.receiver import receiver

KEY = b"k" * 24
Start = Callable[..., Courier]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> JobStore:
    return JobStore(engine)


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine, lease=60)


@pytest.fixture
def start(store: JobStore, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """start(attempts): a courier that may call this machine, and retries at once."""
    monkeypatch.setattr(delivery, "POLL", 0.05)
    started = list[Courier]()

    def start(attempts: int = 12, timeout: float = IN_TIME) -> Courier:
        sender = Sender(Addresses(("127.0.0.1",)), KEY, timeout)
        started.append(Courier(outbox, sender, store.get, attempts, longest_wait=0.01))
        return started[-1]

    yield start
    for courier in started:
        courier.close()


def ended(store: JobStore, url: str) -> str:
    job = store.add(NewJob(uuid.uuid4().hex, notes={"case": 7}, webhook_url=url))
    store.cancel(job.id)
    return job.id


def log_of(outbox: Outbox, id: str) -> dict[str, Any]:
    return outbox.logs([id])[id]


def settled(outbox: Outbox, id: str) -> dict[str, Any]:
    return wait_until(lambda: (log := log_of(outbox, id))["state"] != "waiting" and log)


def test_it_is_sent_until_it_is_taken_under_one_id(store: JobStore, outbox: Outbox, start: Start) -> None:
    with receiver(statuses=[500, 302, 429], location="http://127.0.0.1:1/") as there:
        id = ended(store, there.url)
        start()
        log = settled(outbox, id)
        heard = there.heard
    assert (log["state"], log["url"]) == ("delivered", there.url)
    assert [(attempt["status"], attempt["error"]) for attempt in log["attempts"]] == [
        (500, None),
        (302, None),
        (429, None),
        (200, None),
    ]
    assert [attempt["at"] for attempt in log["attempts"]] == sorted(attempt["at"] for attempt in log["attempts"])
    assert all(0 <= attempt["seconds"] < IN_TIME for attempt in log["attempts"])
    assert {each.headers["webhook-id"] for each in heard} == {f"msg_{id}"}
    assert len({each.body for each in heard}) == 1
    body = json.loads(heard[0].body)
    assert (body["type"], body["data"]["id"], body["data"]["metadata"]) == ("job.cancelled", id, {"case": 7})


@pytest.mark.parametrize(("statuses", "tries"), [([500] * 9, 3), ([500, 410], 2)])
def test_it_is_given_up(statuses: list[int], tries: int, store: JobStore, outbox: Outbox, start: Start) -> None:
    with receiver(statuses=statuses) as there:
        id = ended(store, there.url)
        start(attempts=3)
        log = settled(outbox, id)
    assert (log["state"], len(log["attempts"]), len(there.heard)) == ("given_up", tries, tries)


def test_faults_are_short_codes(store: JobStore, outbox: Outbox, start: Start) -> None:
    with receiver() as gone:
        pass
    ids = [ended(store, url) for url in (gone.url, "http://10.0.0.1/")]
    start(attempts=1)
    assert [settled(outbox, id)["attempts"][0]["error"] for id in ids] == ["connection_refused", "address_refused"]


def test_receivers_that_do_not_answer_keep_nobody_waiting(store: JobStore, outbox: Outbox, start: Start) -> None:
    with receiver(held=True) as slow, receiver() as quick:
        waiting = [ended(store, slow.url) for _ in range(RECEIVERS + 1)]
        id = ended(store, quick.url)
        start()
        settled(outbox, id)
        assert len(slow.heard) <= 1  # one call at a time
        assert {log["state"] for log in outbox.logs(waiting).values()} == {"waiting"}
        slow.open.set()
        for each in waiting:
            assert settled(outbox, each)["state"] == "delivered"


def test_closing_breaks_off_what_is_on_its_way_and_the_next_one_sends_it(
    store: JobStore, outbox: Outbox, start: Start
) -> None:
    with receiver(held=True) as there:
        id = ended(store, there.url)
        first = start()
        wait_until(lambda: there.heard)
        begun = time.monotonic()
        first.close()
        assert time.monotonic() - begun < IN_TIME / 3
        assert log_of(outbox, id) == {"url": there.url, "state": "waiting", "attempts": []}
        there.open.set()
        start()
        assert len(settled(outbox, id)["attempts"]) == 1
        assert {each.headers["webhook-id"] for each in there.heard} == {f"msg_{id}"}


def test_a_job_that_is_erased_between_two_attempts_is_told_no_more(
    store: JobStore, outbox: Outbox, start: Start
) -> None:
    with receiver(statuses=[500], held=True) as there:
        id = ended(store, there.url)
        start()
        wait_until(lambda: there.heard)
        store.erase(id)
        there.open.set()
        other = ended(store, there.url)
        settled(outbox, other)
        assert [json.loads(each.body)["data"]["id"] for each in there.heard] == [id, other]


def test_a_database_that_was_away_stops_nothing(
    store: JobStore, outbox: Outbox, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claim, failures = outbox.claim, [OSError("away"), OSError("away")]

    def failing(busy: Any) -> Any:
        if failures:
            raise failures.pop()
        return claim(busy)

    monkeypatch.setattr(outbox, "claim", failing)
    with receiver() as there:
        id = ended(store, there.url)
        start()
        assert settled(outbox, id)["state"] == "delivered"
    assert "No webhook could be claimed" in caplog.text


def test_the_log_has_no_address(
    store: JobStore, outbox: Outbox, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(statuses=[500]) as there:
        id = ended(store, f"{there.url}/token-in-the-url")
        start()
        settled(outbox, id)
    assert "Webhook waiting at attempt 1: 500" in caplog.text
    assert "Webhook delivered at attempt 2: 200" in caplog.text
    assert "token-in-the-url" not in caplog.text
    assert str(there.port) not in caplog.text


def test_waits_grow_up_to_the_longest_and_are_never_quite_the_same() -> None:
    waits = [wait_after(tries, 3600) for tries in range(1, 8)]
    for wait, about in zip(waits, (5, 25, 125, 625, 3125, 3600, 3600), strict=True):
        assert 0.8 * about <= wait <= 1.2 * about
    assert len({wait_after(30, 3600) for _ in range(9)}) > 1


def test_a_message_has_the_end_of_the_job_and_its_time(store: JobStore) -> None:
    store.add(NewJob("a"))
    job = store.claim()
    assert job is not None
    store.finish(job)
    done = store.get("a")
    assert done is not None
    assert done.ended_at is not None
    body = json.loads(message(done))
    assert set(body) == {"type", "timestamp", "data"}
    assert (body["type"], body["data"]["state"]) == ("job.done", "done")
    assert body["timestamp"].startswith(time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(done.ended_at)))
    assert body["timestamp"].endswith("+00:00")


@pytest.mark.parametrize(("failed", "status"), [(False, "completed"), (True, "error")])
def test_who_asked_for_a_transcript_is_told_of_one(store: JobStore, failed: bool, status: str) -> None:
    store.add(NewJob("a", request={"dialect": {"name": "assemblyai"}}))
    job = store.claim()
    assert job is not None
    store.fail(job, EmptyAudio("Nothing.")) if failed else store.finish(job)
    ended = store.get("a")
    assert ended is not None
    assert json.loads(message(ended)) == {"transcript_id": "a", "status": status}
