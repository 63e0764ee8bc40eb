from __future__ import annotations

from pathlib import Path

from app import create_app
from executors.inline import InlineExecutor
from tests.fakes import FakeProcessor, fake_settings
from web.context import current_service, current_settings, service_of


def test_each_app_has_its_own_service_and_settings(tmp_path: Path) -> None:
    executor = InlineExecutor(FakeProcessor())
    one = create_app(fake_settings(tmp_path / "one", max_queue=1), executor)
    two = create_app(fake_settings(tmp_path / "two", max_queue=2), executor)
    assert service_of(one) is not service_of(two)
    for app, limit in ((one, 1), (two, 2)):
        with app.app_context():
            assert current_service() is service_of(app)
            assert current_settings().max_queue == limit
            current_service().close()
