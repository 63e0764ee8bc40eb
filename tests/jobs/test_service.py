from __future__ import annotations

import io
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import jobs.service
from errors import DiarizationError, InvalidOption, MediaToolError, ModelError, NotReady, QueueFull, UnsupportedMedia
from executors.base import ExecutorState
from executors.inline import InlineExecutor
from jobs.job import Job
from jobs.service import Service
from pipeline.types import Conversation, OnProgress, Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wav


class HeldExecutor:
    """Keeps every job until the test ends it."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.futures: list[Future[Conversation]] = []
        self.errors: tuple[str, ...] = ()

    def submit(self, job: Job, on_progress: OnProgress | None = None) -> Future[Conversation]:
        self.jobs.append(job)
        self.futures.append(Future())
        return self.futures[-1]

    def state(self) -> ExecutorState:
        return ExecutorState(ready=not self.errors, errors=self.errors)

    def close(self) -> None:
        for future in self.futures:
            if not future.done():
                future.set_exception(NotReady("closing"))


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
    assert future.result(0).duration == 1.0
    assert stages == ["speech"]
    assert recording.exists()
    assert files_below(tmp_path / "tmp") == []


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
    assert [job.options.profile for job in held.jobs] == ["offline", "meeting", None]
    service.close()


def test_what_auto_came_to_has_two_names(tmp_path: Path) -> None:
    service = Service(fake_settings(tmp_path, profile="auto"), InlineExecutor(FakeProcessor("offline")))
    for name in ("auto", "offline"):
        assert service.submit(io.BytesIO(wav()), Options(profile=name)).result(0).duration == 0.5
    with pytest.raises(InvalidOption, match=r"one of auto, offline\."):
        service.submit(io.BytesIO(wav()), Options(profile="sortformer"))
    service.close()


def test_a_job_keeps_its_normalised_audio_and_nothing_else(
    service: Service, held: HeldExecutor, tmp_path: Path
) -> None:
    folder = service.open_folder()
    upload = folder.path / "upload-1"
    upload.write_bytes(wav())
    future = service.submit(upload, Options(num_speakers=2), "meeting", folder=folder)
    (job,) = held.jobs
    assert job.id == folder.id
    assert (job.name, job.options.num_speakers) == ("meeting", 2)
    assert list(folder.path.iterdir()) == [job.audio]
    assert job.audio.is_absolute()
    held.futures[0].set_result(Conversation(duration=0.5))
    assert future.result(0).duration == 0.5
    assert not folder.path.exists()


def test_a_stream_is_taken_too(service: Service, held: HeldExecutor) -> None:
    service.submit(io.BytesIO(wav()), Options())
    assert held.jobs[0].audio.exists()


def test_beyond_the_limit_a_job_is_refused_and_leaves_nothing(service: Service, held: HeldExecutor) -> None:
    for _ in range(2):  # one in work, one that waits
        service.submit(io.BytesIO(wav()), Options())
    with pytest.raises(QueueFull) as caught:
        service.check_open()
    assert caught.value.retry_after >= 1
    folder = service.open_folder()
    with pytest.raises(QueueFull):
        service.submit(io.BytesIO(wav()), Options(), folder=folder)
    assert not folder.path.exists()
    assert service.state().queued == 2
    held.futures[0].set_result(Conversation())
    service.submit(io.BytesIO(wav()), Options())


@pytest.mark.parametrize("end", ["cancel", "error"])
def test_a_job_that_does_not_succeed_gives_its_seat_back(service: Service, held: HeldExecutor, end: str) -> None:
    future = service.submit(io.BytesIO(wav()), Options())
    if end == "cancel":
        assert future.cancel()
    else:
        held.futures[0].set_exception(RuntimeError())
    assert service.state().queued == 0
    assert not held.jobs[0].audio.exists()


def test_bad_audio_leaves_neither_a_file_nor_a_seat(service: Service, held: HeldExecutor, tmp_path: Path) -> None:
    for _ in range(5):
        with pytest.raises(UnsupportedMedia):
            service.submit(io.BytesIO(b"this is no sound" * 100), Options())
    assert held.jobs == []
    assert service.state().queued == 0
    assert files_below(tmp_path / "tmp") == []


def test_while_models_cannot_be_loaded_nothing_is_accepted(service: Service, held: HeldExecutor) -> None:
    held.errors = ("The model file is missing.",)
    with pytest.raises(ModelError, match="file is missing"):
        service.check_open()
    with pytest.raises(ModelError):
        service.submit(io.BytesIO(wav()), Options())


def test_a_missing_ffmpeg_is_told_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ffmpeg(settings: object) -> str:
        raise MediaToolError("ffmpeg was not found.")

    monkeypatch.setattr(jobs.service, "ffmpeg_version", no_ffmpeg)
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    assert not service.state().ready
    assert service.state().errors == ("ffmpeg was not found.",)


def test_close_ends_jobs_and_removes_every_folder(service: Service, held: HeldExecutor, tmp_path: Path) -> None:
    future = service.submit(io.BytesIO(wav()), Options())
    service.open_folder()
    service.close()
    service.close()
    with pytest.raises(NotReady):
        future.result(0)
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(NotReady):
        service.submit(io.BytesIO(wav()), Options())
    with pytest.raises(NotReady):
        service.open_folder()
    assert list((tmp_path / "tmp").iterdir()) == []


class RefusingExecutor(HeldExecutor):
    """Refuses every job: its models failed, or it was closed, since the service asked for its state."""

    def __init__(self, refusal: DiarizationError) -> None:
        super().__init__()
        self._refusal = refusal

    def submit(self, job: Job, on_progress: OnProgress | None = None) -> Future[Conversation]:
        raise self._refusal


@pytest.mark.parametrize("refusal", [ModelError("The model file is damaged."), NotReady("closing")], ids=repr)
def test_a_job_that_the_executor_refuses_is_not_logged_as_accepted(
    refusal: DiarizationError, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(fake_settings(tmp_path), RefusingExecutor(refusal))
    caplog.set_level(logging.INFO, logger="jobs.service")
    with pytest.raises(type(refusal)):
        service.submit(io.BytesIO(wav()), Options())
    assert caplog.records == []
    assert service.state().queued == 0
    assert files_below(tmp_path / "tmp") == []
    service.close()


class SlowToQueue(HeldExecutor):
    """Its first job takes longer to get into the queue than others take to come."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def submit(self, job: Job, on_progress: OnProgress | None = None) -> Future[Conversation]:
        if job.name == "first":
            self.begun.set()
            time.sleep(0.3)
        return super().submit(job, on_progress)


def test_the_log_has_jobs_in_the_order_in_which_they_wait(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    queue = SlowToQueue()
    service = Service(fake_settings(tmp_path, max_queue=4), queue)
    caplog.set_level(logging.INFO, logger="jobs.service")
    with ThreadPoolExecutor(4) as pool:
        pool.submit(service.submit, io.BytesIO(wav(1)), Options(), "first")
        assert queue.begun.wait(IN_TIME)
        for seconds in (2, 3, 4):
            pool.submit(service.submit, io.BytesIO(wav(seconds)), Options())
    accepted = [record.args for record in caplog.records if "Job accepted" in record.message]
    assert len(accepted) == 4
    assert [(job.seconds,) for job in queue.jobs] == accepted
    service.close()
