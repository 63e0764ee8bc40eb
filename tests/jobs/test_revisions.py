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


def test_the_last_is_known_until_it_is_taken_back(revisions: Revisions) -> None:
    assert revisions.last("one") == ""
    revisions.add("one", "", "a", RENAME)
    revisions.add("one", "a", "b", [])
    revisions.add("two", "", "c", [])
    assert (revisions.last("one"), revisions.last("two")) == ("b", "c")
    revisions.drop("one", "b")
    assert revisions.last("one") == "a"
    revisions.drop("one", "a")
    assert (revisions.last("one"), revisions.last("two")) == ("", "c")


def test_only_the_last_is_changed_or_taken_back(revisions: Revisions) -> None:
    with pytest.raises(NothingToUndo):
        revisions.drop("one", "")
    revisions.add("one", "", "a", RENAME)
    revisions.add("one", "a", "b", RENAME)
    revisions.drop("one", "b")
    for change in (
        lambda: revisions.drop("one", "b"),
        lambda: revisions.add("one", "b", "c", RENAME),  # of what was taken back meanwhile
        lambda: revisions.add("one", "", "c", RENAME),
        lambda: revisions.add("none", "", "c", RENAME),
    ):
        with pytest.raises(RevisionChanged):
            change()
    assert revisions.last("one") == "a"


def test_of_two_changes_at_once_one_is_refused(revisions: Revisions) -> None:
    def add(index: int) -> bool:
        try:
            revisions.add("one", "", str(index), [])
        except RevisionChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(add, range(8)))
    assert done.count(True) == 1
    assert revisions.last("one") == str(done.index(True))


def test_they_go_with_their_job(revisions: Revisions, engine: Engine) -> None:
    revisions.add("one", "", "a", RENAME)
    store = JobStore(engine)
    store.cancel("one")
    assert store.erase("one")
    assert revisions.last("one") == ""
