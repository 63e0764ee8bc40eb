from __future__ import annotations

import io
import os
import time
from pathlib import Path

from executors.inline import InlineExecutor
from jobs.record import NewJob
from jobs.service import Service
from jobs.storage import open_storage
from jobs.sweeper import ORPHANED, Sweeper
from jobs.uploads import Uploads
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


def test_uploads_that_have_expired_are_deleted(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, retention_hours=1e-6)
    service = Service(settings, InlineExecutor(FakeProcessor()))
    service.uploads.receive("", lambda path: path.touch())
    service.close()
    again = Service(settings, InlineExecutor(FakeProcessor()))
    wait_until(lambda: files_below(tmp_path / "data" / "uploads") == [])
    again.close()


def test_folders_without_a_job_are_deleted_when_they_are_old(empty_postgres_url: str, tmp_path: Path) -> None:
    old, now = time.time() - 2 * ORPHANED, time.time()
    stored, orphan, new, written, cancelled = (digit * 32 for digit in "abcde")
    with open_storage(tmp_path, empty_postgres_url) as storage:
        for id in (stored, cancelled):
            storage.store.add(NewJob(id))
        storage.store.cancel(cancelled)
        for id in (stored, orphan, new, written, cancelled, "lost+found"):
            file = storage.files.new(id) / "audio.wav"
            file.touch()
            for path in (file, file.parent):
                changed = now if id == new or (id == written and path == file) else old
                os.utime(path, (changed, changed))
        sweeper = Sweeper(storage.store, storage.files, Uploads(tmp_path / "uploads", 1, 3600), retention=3600)
        wait_until(lambda: not {orphan, cancelled} & {*storage.files.ids()})
        sweeper.close()
        assert {*storage.files.ids()} == {stored, new, written, "lost+found"}
