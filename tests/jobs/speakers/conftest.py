from __future__ import annotations

import pytest
from sqlalchemy import Engine

from jobs.speakers.store import KnownSpeakers
from tests.jobs.conftest import database_url, engine

__all__ = ["database_url", "engine"]


@pytest.fixture
def speakers(engine: Engine) -> KnownSpeakers:
    return KnownSpeakers(engine)
