"""Servers for the clients of other systems: over fakes, and over the real offline profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.conftest import LiveServer


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server over fake models; nobody needs a key."""
    yield from _served(LiveServer(tmp_path_factory.mktemp("live")))


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server with the models of the offline profile."""
    folder, factory = tmp_path_factory.mktemp("offline"), "nemo_processor:warm_processor"
    yield from _served(LiveServer(folder, factory, model_config="offline", cpu_threads=2))


def _served(server: LiveServer) -> Iterator[LiveServer]:
    yield server.wait_ready()
    server.stop()
