"""A server and an app for the clients of other systems, over a fake. That over real models is everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from executors.inline import InlineExecutor
from jobs.storage import open_engine
from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import fake_settings
from tests.web.conformance import Conformance
from tests.web.conftest import LiveServer, served
from tests.web.dialects.talk import Talk
from web.context import service_of

MOST = 40  # uploads of each


@dataclass(frozen=True)
class Talking:
    """A server over the fake of tests/web/dialects/talking.py, which sends webhooks to this machine, and two people's
    keys."""

    server: LiveServer
    ana: str
    bob: str


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server over a fake that hears :data:`tests.web.dialects.talk.TALK`; nobody needs a key."""
    yield from served(LiveServer(tmp_path_factory.mktemp("live"), "tests.web.dialects.talk:load"))


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[FlaskClient]:
    """Of an app over the same fake; a test fails, too, when an answer was not as /openapi.json says."""
    app = create_app(fake_settings(tmp_path, max_upload_mb=1, max_audio_minutes=0.1), InlineExecutor(Talk("talk")))
    conformance = Conformance(app)
    yield app.test_client()
    service_of(app).close()
    assert conformance.failures == []


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talking]:
    folder, factory = tmp_path_factory.mktemp("talking"), "tests.web.dialects.talking:load"
    server = LiveServer(
        folder,
        factory,
        max_upload_mb=1,
        max_uploads_per_key=MOST,
        webhook_secret="x" * 24,
        webhook_allow="127.0.0.1",
    )
    for _ in served(server):
        engine = open_engine(folder / "data")
        ana, bob = (KeyStore(engine).create(name, [Scope.READ, Scope.WRITE])[0] for name in ("ana", "bob"))
        engine.dispose()
        yield Talking(server, ana, bob)
