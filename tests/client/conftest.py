from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import Client
from tests.web.conftest import LiveServer, start_server

__all__ = ["start_server"]


@pytest.fixture
def service(live: LiveServer) -> Iterator[Client]:
    with Client(live.url) as client:
        yield client
