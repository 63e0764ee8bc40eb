from __future__ import annotations

import io
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import jobs.service
import jobs.storage
from errors import (
    DiarizationError,
    InvalidOption,
    MediaToolError,
    ModelError,
    NotReady,
    QueueFull,
    StorageError,
    UnsupportedMedia,
)
from executors.inline import InlineExecutor
from jobs.record import JobRecord, NewJob
from jobs.service import Service
from jobs.store import JobStore
from pipeline.types import Conversation, Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wait_until, wav
from tests.held import HeldExecutor


@pytest.fixture
def held() -> HeldExecutor:
    return HeldExecutor()


@pytest.fixture
def service(held: HeldExecutor, tmp_path: Path):
    service = Service(fake_settings(tmp_path, max_queue=1), held)
    yield service
    service.close()


def test_a_path_is_read_and_left_alone(tmp_path: Path) -> None:
    recording = tmp_path / "meeting.wav"
    recording.write_bytes(wav(seconds=1))
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    stages: list[str] = []
    future = service.submit(recording, Options(), "meeting", on_progress=lambda stage, _: stages.append(stage))
    assert future.result(IN_TIME).duration == 1.0
    assert stages == ["speech"]
    assert recording.exists()
    assert files_below(tmp_path / "tmp") == []
    service.close()


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


def test_a_job_keeps_its_normalised_audio_and_nothing_of_the_upload(
    service: Service, held: HeldExecutor, tmp_path: Path
) -> None:
    folder = service.open_folder()
    upload = folder.path / "upload-1"
    upload.write_bytes(wav())
    future = service.submit(upload, Options(num_speakers=2, keyterms=("launch",)), "meeting", folder=folder)
    job = held.begun()
    assert job.id == folder.id
    assert (job.name, job.seconds) == ("meeting", 0.5)
    assert job.options == Options(num_speakers=2, keyterms=("launch",))
    assert not folder.path.exists()
    assert files_below(tmp_path / "data" / "jobs") == [f"{job.id}/audio.wav"]
    assert job.audio.is_absolute()
    held.end(job, Conversation(duration=0.5))
    assert future.result(IN_TIME) == Conversation(duration=0.5)
    assert files_below(tmp_path / "data" / "jobs") == [f"{job.id}/audio.wav", f"{job.id}/result-1.json"]


def test_a_stream_is_taken_too(service: Service, held: HeldExecutor) -> None:
    service.submit(io.BytesIO(wav()), Options())
    assert held.begun().audio.exists()


def test_beyond_the_limit_a_job_is_refused_and_leaves_nothing(
    service: Service, held: HeldExecutor, tmp_path: Path
) -> None:
    futures = [service.submit(io.BytesIO(wav()), Options()) for _ in range(2)]  # one in work, one that waits
    with pytest.raises(QueueFull) as caught:
        service.check_open()
    assert caught.value.retry_after >= 1
    folder = service.open_folder()
    with pytest.raises(QueueFull):
        service.submit(io.BytesIO(wav()), Options(), folder=folder)
    assert not folder.path.exists()
    assert not (tmp_path / "data" / "jobs" / folder.id).exists()
    assert service.state().queued == 2
    held.end(held.begun(), Conversation())
    futures[0].result(IN_TIME)
    service.submit(io.BytesIO(wav()), Options())


@pytest.mark.parametrize("end", ["cancel", "error"])
def test_a_job_that_does_not_succeed_gives_its_seat_back(service: Service, held: HeldExecutor, end: str) -> None:
    future = service.submit(io.BytesIO(wav()), Options())
    job = held.begun()
    if end == "cancel":
        assert future.cancel()
    else:
        held.end(job, RuntimeError("secret"))
        with pytest.raises(DiarizationError, match="a fault in the server"):
            future.result(IN_TIME)
    wait_until(lambda: service.state().queued == 0)


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


def test_a_missing_ffmpeg_is_told_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ffmpeg(settings: object) -> str:
        raise MediaToolError("ffmpeg was not found.")

    monkeypatch.setattr(jobs.service, "ffmpeg_version", no_ffmpeg)
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    assert not service.state().ready
    assert service.state().errors == ("ffmpeg was not found.",)
    service.close()


def test_close_tells_who_waits_and_keeps_the_jobs_of_those_who_do_not(
    service: Service, held: HeldExecutor, tmp_path: Path
) -> None:
    accepted = service.accept(io.BytesIO(wav()), Options())
    future = service.submit(io.BytesIO(wav()), Options())
    service.open_folder()
    held.begun(1)
    service.close()
    service.close()
    with pytest.raises(NotReady):
        future.result(0)
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(NotReady):
        service.submit(io.BytesIO(wav()), Options())
    with pytest.raises(NotReady):
        service.open_folder()
    other = HeldExecutor()
    again = Service(fake_settings(tmp_path), other)
    assert other.begun().id == accepted.id
    assert again.state().queued == 1
    other.end(other.jobs[0], Conversation(duration=0.5))
    wait_until(lambda: again.state().queued == 0)
    assert len(other.jobs) == 1
    again.close()


def test_one_folder_belongs_to_one_service(service: Service, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="DATA_DIR is in use"):
        Service(fake_settings(tmp_path), HeldExecutor())


def test_what_has_expired_is_deleted(tmp_path: Path) -> None:
    settings = fake_settings(tmp_path, retention_hours=1e-6)
    service = Service(settings, InlineExecutor(FakeProcessor()))
    service.submit(io.BytesIO(wav()), Options()).result(IN_TIME)
    service.close()
    again = Service(settings, InlineExecutor(FakeProcessor()))
    wait_until(lambda: files_below(tmp_path / "data" / "jobs") == [])
    again.close()


class SlowToQueue(JobStore):
    """Its first job takes longer to be stored than others take to come."""

    def add(self, job: NewJob) -> JobRecord:
        if job.name == "first":
            time.sleep(0.3)
        return super().add(job)


def test_the_log_has_jobs_in_the_order_in_which_they_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.storage, "JobStore", SlowToQueue)
    queue = HeldExecutor()
    service = Service(fake_settings(tmp_path, max_queue=4), queue)
    caplog.set_level(logging.INFO, logger="jobs.service")
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
