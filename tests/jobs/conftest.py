"""The store on both of its databases, and a service whose work the test does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from jobs.database import open_database
from jobs.service import Service
from tests.fakes import fake_settings
from tests.held import HeldExecutor


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def held() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture
def service(held: HeldExecutor, tmp_path: Path) -> Iterator[Service]:
    """One job in work, and one that waits."""
    service = Service(fake_settings(tmp_path, max_queue=1), held)
    yield service
    service.close()
