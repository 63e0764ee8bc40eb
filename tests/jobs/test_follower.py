"""How jobs end for those who wait for them, and for the queue, through the service's own door."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import jobs.storage
from errors import Cancelled, DiarizationError, ModelError
from executors.inline import InlineExecutor
from jobs.board import Position
from jobs.files import JobFiles
from jobs.record import NewJob
from jobs.service import Service
from jobs.states import State
from jobs.storage import open_storage
from pipeline.types import Conversation, Options, Segment
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, wait_until, wav
from tests.held import HeldExecutor


def test_who_waits_is_told_when_the_models_go_and_who_does_not_wait_is_served_later(
    service: Service, held: HeldExecutor
) -> None:
    accepted = service.accept(io.BytesIO(wav()), Options())
    future = service.submit(io.BytesIO(wav()), Options())
    jobs = held.begun(0), held.begun(1)
    held.errors = ("The model file is missing.",)
    for job in jobs:
        held.end(job, ModelError("The model file is missing."))
    with pytest.raises(ModelError, match="file is missing"):
        future.result(IN_TIME)
    assert service.state().queued == 1
    held.errors = ()
    assert held.begun(2).id == accepted.id
    held.end(held.jobs[2], Conversation(duration=0.5))
    wait_until(lambda: service.state().queued == 0)
    assert len(held.jobs) == 3


def test_who_waits_is_told_when_the_result_cannot_be_read(
    service: Service, held: HeldExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("/secret/path")

    monkeypatch.setattr(JobFiles, "result", fail)
    future = service.submit(io.BytesIO(wav()), Options())
    held.end(held.begun(), Conversation(duration=0.5))
    with pytest.raises(DiarizationError, match="could not be read") as told:
        future.result(IN_TIME)
    assert "secret" not in told.value.message
    wait_until(lambda: service.state().queued == 0)


def test_a_job_that_another_server_ends_is_told_and_leaves_its_seat(empty_postgres_url: str, tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, database_url=empty_postgres_url, together=1)
    here, there = HeldExecutor(), HeldExecutor()
    first = Service(settings, here)
    blocking = first.submit(io.BytesIO(wav()), Options())
    here.begun()
    waiting = [first.submit(io.BytesIO(wav()), Options()) for _ in range(2)]
    second = Service(settings, there)
    there.end(there.begun(0), Conversation(duration=0.5))
    assert waiting[0].result(IN_TIME) == Conversation(duration=0.5)
    second.cancel(there.begun(1).id)
    with pytest.raises(Cancelled):
        waiting[1].result(IN_TIME)
    wait_until(lambda: first.state().queued == 1)
    wait_until(lambda: not (settings.data_dir / "jobs" / there.jobs[1].id).exists())
    here.end(here.jobs[0], Conversation(duration=1.0))
    assert blocking.result(IN_TIME) == Conversation(duration=1.0)
    first.close()
    second.close()


def test_a_job_that_was_tried_too_often_leaves_its_seat(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, job_attempts=1)
    with open_storage(settings.data_dir) as storage:
        storage.store.add(NewJob("a" * 32, request={"options": {}}))
        job = storage.store.claim()
        assert job
        storage.store.begin(job, 1)
    service = Service(settings, InlineExecutor(FakeProcessor()))
    wait_until(lambda: service.job("a" * 32, None).state is State.FAILED)
    wait_until(lambda: service.state().queued == 0)
    service.close()


def test_a_job_whose_caller_was_gone_with_a_dead_server_has_no_files(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path)
    with open_storage(settings.data_dir) as storage:
        storage.store.add(NewJob("a" * 32, request={"options": {}, "waited_for": True}))
        folder = storage.files.new("a" * 32)
        job = storage.store.claim()
        assert job
        storage.store.begin(job, 1)
    service = Service(settings, HeldExecutor())
    assert service.job("a" * 32, None).state is State.CANCELLED
    assert not folder.exists()
    service.close()


def test_of_a_job_in_another_server_the_progress_is_known_and_no_segments(
    empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.storage, "LEASE", 1.0)  # and progress is written down each 0.1 s
    settings = fake_settings(tmp_path, database_url=empty_postgres_url)
    here, there = HeldExecutor(), HeldExecutor()
    working = Service(settings, here)
    id = working.accept(io.BytesIO(wav()), Options()).id
    reports = here.reports[here.begun().id]
    other = Service(settings, there)
    assert reports.on_progress
    assert reports.on_segments
    reports.on_segments([Segment("SPEAKER_00", 0.0, 0.5, "text")])
    reports.on_progress("words", 0.5)
    wait_until(lambda: (other.job(id, None).stage, other.job(id, None).fraction) == ("words", 0.5))
    with working.watch(id) as near, other.watch(id) as far:
        assert len(near.since(Position()).segments) == 1
        assert far.since(Position()).segments == ()
        here.end(here.jobs[0], Conversation(duration=0.5))
        wait_until(lambda: other.job(id, None).ended)
    working.close()
    other.close()
