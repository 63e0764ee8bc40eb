"""The keys on both databases of the jobs."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from keys.store import KeyStore
from tests.jobs.conftest import database_url, engine

__all__ = ["database_url", "engine"]


@pytest.fixture
def keys(engine: Engine) -> KeyStore:
    return KeyStore(engine)
