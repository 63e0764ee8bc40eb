"""On SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from errors import NothingToUndo, RevisionChanged
from jobs.record import NewJob
from jobs.revisions import Revisions
from jobs.store import JobStore

RENAME = [{"edit": "rename", "speaker": "SPEAKER_00", "name": "Anna"}]


@pytest.fixture
def revisions(engine: Engine) -> Revisions:
    JobStore(engine).add(NewJob("one"))
    JobStore(engine).add(NewJob("two"))
    return Revisions(engine)


def test_changes_come_back_in_order_until_they_are_taken_back(revisions: Revisions) -> None:
    assert revisions.of("one") == []
    revisions.add("one", 1, RENAME)
    revisions.add("one", 2, [{"instead": "x"}])
    revisions.add("two", 1, [{"instead": "y"}])
    assert revisions.of("one") == [RENAME, [{"instead": "x"}]]
    revisions.drop("one", 2)
    assert revisions.of("one") == [RENAME]
    revisions.drop("one", 1)
    assert revisions.of("one") == []
    assert revisions.of("two") == [[{"instead": "y"}]]


def test_only_the_last_can_be_taken_back(revisions: Revisions) -> None:
    with pytest.raises(NothingToUndo):
        revisions.drop("one", 0)
    revisions.add("one", 1, RENAME)
    revisions.add("one", 2, RENAME)
    for number in (1, 3):
        with pytest.raises(RevisionChanged):
            revisions.drop("one", number)
    assert len(revisions.of("one")) == 2


def test_of_two_changes_at_once_one_is_refused(revisions: Revisions) -> None:
    def add(index: int) -> bool:
        try:
            revisions.add("one", 1, [{"instead": str(index)}])
        except RevisionChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(add, range(8)))
    assert done.count(True) == 1
    assert revisions.of("one") == [[{"instead": str(done.index(True))}]]


def test_they_go_with_their_job(revisions: Revisions, engine: Engine) -> None:
    revisions.add("one", 1, RENAME)
    store = JobStore(engine)
    store.cancel("one")
    assert store.erase("one")
    assert revisions.of("one") == []
    with pytest.raises(RevisionChanged):
        revisions.add("one", 1, RENAME)
