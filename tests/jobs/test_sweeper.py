from __future__ import annotations

import io
from pathlib import Path

from executors.inline import InlineExecutor
from jobs.service import Service
from pipeline.types import Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wait_until, wav


def test_what_has_expired_is_deleted(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, retention_hours=1e-6)
    service = Service(settings, InlineExecutor(FakeProcessor()))
    service.submit(io.BytesIO(wav()), Options()).result(IN_TIME)
    service.close()
    again = Service(settings, InlineExecutor(FakeProcessor()))
    wait_until(lambda: files_below(tmp_path / "data" / "jobs") == [])
    again.close()
