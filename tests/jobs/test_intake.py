"""What is taken in, through the service's own door."""

from __future__ import annotations

import io
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import jobs.intake
import jobs.storage
from errors import InvalidOption, MediaToolError, ModelError, UnsupportedMedia
from executors.inline import InlineExecutor
from jobs.record import JobRecord, NewJob
from jobs.service import Service
from jobs.store import JobStore
from pipeline.types import Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wav
from tests.held import HeldExecutor


@pytest.mark.parametrize(
    "name", ["nemotron", "offline.yaml", "../conf/offline", "/etc/passwd", "https://example.org/x.nemo", "Offline", ""]
)
def test_a_profile_that_is_not_on_offer_is_refused_and_the_others_are_named(
    name: str, held: HeldExecutor, tmp_path: Path
) -> None:
    service = Service(fake_settings(tmp_path, profile="/srv/offline.yaml", profiles="sortformer,meeting"), held)
    with pytest.raises(InvalidOption) as refused:
        service.submit(io.BytesIO(wav()), Options(profile=name))
    assert refused.value.field == "profile"
    assert refused.value.message == "profile must be one of offline, sortformer, meeting."
    assert held.jobs == []
    assert files_below(tmp_path / "tmp") == []
    for offered in ("offline", "meeting", None):
        service.submit(io.BytesIO(wav()), Options(profile=offered))
    held.begun(2)
    assert [job.options.profile for job in held.jobs] == ["offline", "meeting", None]
    service.close()


def test_what_auto_came_to_has_two_names(tmp_path: Path) -> None:
    service = Service(fake_settings(tmp_path, profile="auto"), InlineExecutor(FakeProcessor("offline")))
    for name in ("auto", "offline"):
        assert service.submit(io.BytesIO(wav()), Options(profile=name)).result(IN_TIME).duration == 0.5
    with pytest.raises(InvalidOption, match=r"one of auto, offline\."):
        service.submit(io.BytesIO(wav()), Options(profile="sortformer"))
    service.close()


def test_bad_audio_leaves_neither_a_file_nor_a_seat_nor_a_job(
    service: Service, held: HeldExecutor, tmp_path: Path
) -> None:
    for _ in range(5):
        with pytest.raises(UnsupportedMedia):
            service.submit(io.BytesIO(b"this is no sound" * 100), Options())
    assert held.jobs == []
    assert service.state().queued == 0
    assert files_below(tmp_path / "tmp") == []
    assert list((tmp_path / "data" / "jobs").iterdir()) == []


def test_while_models_cannot_be_loaded_nothing_is_accepted(service: Service, held: HeldExecutor) -> None:
    held.errors = ("The model file is missing.",)
    with pytest.raises(ModelError, match="file is missing"):
        service.check_open()
    with pytest.raises(ModelError):
        service.submit(io.BytesIO(wav()), Options())


def test_a_missing_ffmpeg_is_told_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ffmpeg(settings: object) -> str:
        raise MediaToolError("ffmpeg was not found.")

    monkeypatch.setattr(jobs.intake, "ffmpeg_version", no_ffmpeg)
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    assert not service.state().ready
    assert service.state().errors == ("ffmpeg was not found.",)
    service.close()


class SlowToQueue(JobStore):
    """Its first job takes longer to be stored than others take to come."""

    def add(self, job: NewJob, most: int = 0) -> JobRecord:
        if job.name == "first":
            time.sleep(0.3)
        return super().add(job, most)


def test_the_log_has_jobs_in_the_order_in_which_they_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.storage, "JobStore", SlowToQueue)
    queue = HeldExecutor()
    service = Service(fake_settings(tmp_path, max_queue=4), queue)
    caplog.set_level(logging.INFO, logger="jobs.intake")
    with ThreadPoolExecutor(4) as pool:
        pool.submit(service.submit, io.BytesIO(wav(1)), Options(), "first")
        time.sleep(0.1)
        for seconds in (2, 3, 4):
            pool.submit(service.submit, io.BytesIO(wav(seconds)), Options())
    accepted = [record.args for record in caplog.records if "Job accepted" in record.message]
    assert len(accepted) == 4
    queue.begun(3)
    assert [(job.seconds,) for job in queue.jobs] == accepted
    service.close()
