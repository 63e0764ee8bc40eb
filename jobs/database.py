"""The database of the job store: SQLite in a file, or PostgreSQL by DATABASE_URL; its tables are brought up to date."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError

MIGRATIONS = Path(__file__).parent / "migrations"
READING = "reading"  # an execution option: this transaction only reads, and waits for nobody
_MIGRATING = 0x6469_6172  # the number of a lock: two servers that start must not both make the tables
_BUSY = 30_000  # ms that a writer waits for another one


def open_database(url: str) -> Engine:
    """url: ``sqlite:///FILE`` or ``postgresql://...``. Raises ValueError for another kind, and what SQLAlchemy raises
    for a database that cannot be reached."""
    engine = _sqlite(url) if _kind(url) == "sqlite" else _postgresql(url)
    _upgrade(engine)
    return engine


def forget_deleted(engine: Engine) -> None:
    """What was deleted is overwritten, in SQLite's log too; PostgreSQL does that in its own time (VACUUM)."""
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:  # outside of any transaction
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _kind(url: str) -> str:
    try:
        kind = make_url(url).get_backend_name()
    except ArgumentError:
        kind = ""
    if kind not in ("sqlite", "postgresql"):
        raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return kind


def _postgresql(url: str) -> Engine:
    """Whoever asks a server that is not there is told so within a few seconds, and does not hang."""
    patience = {"connect_timeout": 5, "tcp_user_timeout": 10_000}  # s, ms
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=patience)


def _sqlite(url: str) -> Engine:
    """Every write is on the disk before it is answered. Transactions take the write lock when they begin: one that
    has read and then wants to write would else fail at once, without waiting."""
    engine = create_engine(url, connect_args={"timeout": _BUSY / 1000})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # sqlite3's own transactions begin too late
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={_BUSY}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if READING in connection.get_execution_options() else "BEGIN IMMEDIATE")

    return engine


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's transaction holds the lock already
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
