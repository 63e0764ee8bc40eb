"""The keys on both databases of the jobs."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from keys.store import KeyStore
from tests.jobs.conftest import database_url, empty_postgres_url, engine, postgres_url

__all__ = ["database_url", "empty_postgres_url", "engine", "postgres_url"]


@pytest.fixture
def keys(engine: Engine) -> KeyStore:
    return KeyStore(engine)
