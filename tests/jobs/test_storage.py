from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from errors import StorageError
from jobs.record import NewJob
from jobs.states import State
from jobs.storage import open_storage


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


def test_folders_that_no_job_knows_of_are_removed(tmp_path: Path) -> None:
    with open_storage(tmp_path) as storage:
        storage.store.add(NewJob("kept"))
        for id in ("kept", "orphan"):
            storage.files.new(id)
    with open_storage(tmp_path) as storage:
        assert list(storage.files.ids()) == ["kept"]


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
