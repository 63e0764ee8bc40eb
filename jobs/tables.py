"""The tables of the jobs and of the API keys. ``jobs/migrations`` builds them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order of the queue
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", String(32), nullable=False),  # the id of the API key; empty without keys
    Column("state", String(9), nullable=False),
    # what was asked for
    Column("name", String, nullable=False),
    Column("seconds", Double, nullable=False),  # of audio
    Column("request", JSON, nullable=False),
    Column("notes", JSON, nullable=False),  # the caller's own metadata
    Column("warnings", JSON, nullable=False),
    Column("idempotency_key", String(255)),
    Column("fingerprint", String(64)),
    # how it goes
    Column("stage", String, nullable=False),
    Column("fraction", Double, nullable=False),
    Column("cancel_asked", Boolean, nullable=False),
    Column("error", JSON),
    # seconds since 1970, by the database's clock
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("ended_at", Double),
    # who works on it. token: grows with each claim, so that whoever lost the lease can no longer write
    Column("token", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Double),
    UniqueConstraint("owner", "idempotency_key"),
    Index(None, "state", "number"),
    Index(None, "owner", "number"),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the whole key, which is kept nowhere
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("used_at", Double),
    Column("revoked_at", Double),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("job", String(32), primary_key=True),  # its id
    Column("url", String, nullable=False),
    Column("receiver", String, nullable=False),  # host and port of the URL
    Column("state", String(9), nullable=False),
    Column("attempts", JSON, nullable=False),  # the log
    Column("tries", Integer, nullable=False),  # how many there are in it
    Column("not_before", Double, nullable=False),  # the next attempt
    # who delivers it, as with the jobs
    Column("token", Integer, nullable=False),
    Column("lease_until", Double),
    Index(None, "state", "not_before"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("job", String(32), primary_key=True),  # its id
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
    Column("changes", JSON, nullable=False),  # what was edited; empty where voices were told apart anew
    Column("made_at", Double, nullable=False),
)


known_speakers = Table(
    "known_speakers",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order of the list
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", String(32), nullable=False),  # as with the jobs
    Column("name", String(100), nullable=False),
    Column("consent", String, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("owner", "name"),
    sqlite_autoincrement=True,
)

voiceprints = Table(
    "voiceprints",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("speaker", String(32), nullable=False, index=True),  # the id
    Column("model", String, nullable=False),  # the key of the network that made it
    Column("seconds", Double, nullable=False),  # of speech
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
    Column("created_at", Double, nullable=False),
    sqlite_autoincrement=True,
)


class Now(FunctionElement[float]):
    """Seconds since 1970 by the database's clock: servers that share it need not agree on the time."""

    type = Double()
    inherit_cache = True


@compiles(Now, "sqlite")
def _sqlite_now(_element: Now, _compiler: SQLCompiler, **_options: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Now, "postgresql")
def _postgresql_now(_element: Now, _compiler: SQLCompiler, **_options: object) -> str:
    return "extract(epoch from clock_timestamp())::double precision"
