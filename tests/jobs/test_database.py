"""The database is made, and made anew as the code has it, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from jobs.database import READING, open_database
from jobs.tables import metadata
from settings import ROOT


def test_the_migrations_make_the_tables_that_the_code_uses(engine: Engine) -> None:
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_it_again_keeps_what_is_in_it(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (a INTEGER)"))
    again = open_database(database_url)
    assert {"kept", "jobs"} <= set(inspect(again).get_table_names())
    again.dispose()


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense", "", "sqlite"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be sqlite:///FILE or postgresql://"):
        open_database(url)


def test_sqlite_writes_through_to_the_disk_and_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.db'}")
    with engine.begin() as writer:
        assert writer.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert writer.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        writer.execute(text("CREATE TABLE open (a INTEGER)"))
        with engine.execution_options(**{READING: True}).begin() as reader:
            assert reader.execute(text("SELECT count(*) FROM jobs")).scalar() == 0
    engine.dispose()


def test_writers_of_sqlite_wait_for_each_other(tmp_path: Path) -> None:
    """Also those that read first: without a lock from the beginning one of two would fail at once."""
    engine = open_database(f"sqlite:///{tmp_path / 'jobs.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE count (n INTEGER)"))
        connection.execute(text("INSERT INTO count VALUES (0)"))

    def add() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                n = connection.execute(text("SELECT n FROM count")).scalar()
                connection.execute(text("UPDATE count SET n = :n"), {"n": (n or 0) + 1})

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT n FROM count")).scalar() == 80
    engine.dispose()


def test_a_database_that_cannot_be_reached_says_so() -> None:
    with pytest.raises(OperationalError):
        open_database("postgresql://tests@127.0.0.1:1/none")


def test_servers_that_start_together_make_the_tables_once(database_url: str) -> None:
    """Each in a process of its own, as they would be."""
    code = f"from jobs.database import open_database; open_database({database_url!r})"
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert "jobs" in inspect(open_database(database_url)).get_table_names()
