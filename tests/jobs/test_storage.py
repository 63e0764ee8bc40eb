from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from errors import StorageError
from jobs.record import NewJob
from jobs.states import State
from jobs.storage import open_engine, open_storage


def test_a_folder_belongs_to_one_service_at_a_time(tmp_path: Path) -> None:
    with (
        open_storage(tmp_path / "data"),
        pytest.raises(StorageError, match="DATA_DIR is in use by another service"),
        open_storage(tmp_path / "data"),
    ):
        pass
    with open_storage(tmp_path / "data") as again:
        assert again.store.pending() == 0


def test_what_ran_in_a_service_that_died_is_free_at_once(tmp_path: Path) -> None:
    with open_storage(tmp_path) as storage:
        storage.store.add(NewJob("a"))
        first = storage.store.claim()
        assert first is not None
        storage.store.begin(first, 1)
        assert storage.store.claim() is None
    with open_storage(tmp_path) as storage:
        job = storage.store.claim()
    assert job is not None
    assert (job.id, job.state, job.attempts) == ("a", State.QUEUED, 1)


@pytest.mark.parametrize("marked", [True, False])
def test_a_service_with_another_database_touches_no_files(
    marked: bool, empty_postgres_url: str, tmp_path: Path
) -> None:
    """As one that was started without its DATABASE_URL."""
    with open_storage(tmp_path, empty_postgres_url) as storage:
        storage.store.add(NewJob("a" * 32))
        storage.files.new("a" * 32)
    if not marked:  # by an earlier version
        (tmp_path / "database").unlink()
    with (
        pytest.raises(StorageError, match="jobs in PostgreSQL, and this service uses SQLite: set DATABASE_URL"),
        open_storage(tmp_path),
    ):
        pass
    with pytest.raises(StorageError, match="jobs in PostgreSQL"):  # the keys are in the same database
        open_engine(tmp_path)
    assert not (tmp_path / "jobs.db").exists()
    with open_storage(tmp_path, empty_postgres_url) as storage:
        assert storage.store.pending() == 1
        assert list(storage.files.ids()) == ["a" * 32]


def test_jobs_in_sqlite_are_not_left_for_postgresql_unawares(empty_postgres_url: str, tmp_path: Path) -> None:
    with open_storage(tmp_path):
        pass
    with (
        pytest.raises(StorageError, match="jobs in SQLite, and this service uses PostgreSQL"),
        open_storage(tmp_path, empty_postgres_url),
    ):
        pass


def test_a_folder_of_an_earlier_version_is_taken_as_it_is(tmp_path: Path) -> None:
    with open_storage(tmp_path) as storage:
        storage.store.add(NewJob("a"))
        storage.files.new("a")
    (tmp_path / "database").unlink()
    with open_storage(tmp_path) as storage:
        assert storage.store.pending() == 1
    assert (tmp_path / "database").read_text() == "SQLite"


def test_services_share_postgresql_and_leave_each_other_what_runs(empty_postgres_url: str, tmp_path: Path) -> None:
    with open_storage(tmp_path, empty_postgres_url) as one, open_storage(tmp_path, empty_postgres_url) as other:
        one.store.add(NewJob("shared"))
        assert one.store.claim() is not None
        assert other.store.claim() is None


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    refused = pytest.raises(StorageError, match="DATABASE_URL")
    with refused as error, open_storage(tmp_path, "postgresql://user:key@127.0.0.1:1/x"):
        pass
    assert "key" not in error.value.message


def test_a_table_of_a_newer_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with open_storage(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="made by a newer version"), open_storage(tmp_path):
        pass


def test_a_copy_that_sqlite_makes_of_the_open_table_is_a_backup(tmp_path: Path) -> None:
    """As docs/operations.md says."""
    (tmp_path / "restored").mkdir()
    with open_storage(tmp_path / "data") as storage:
        storage.store.add(NewJob("a"))
        first = storage.store.claim()
        assert first is not None
        storage.store.begin(first, 1)
        with (
            closing(sqlite3.connect(tmp_path / "data" / "jobs.db")) as open_one,
            closing(sqlite3.connect(tmp_path / "restored" / "jobs.db")) as copy,
        ):
            open_one.backup(copy)
    with open_storage(tmp_path / "restored") as storage:
        job = storage.store.claim()
        assert job is not None
        assert (job.id, job.attempts) == ("a", 1)
