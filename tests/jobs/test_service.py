from __future__ import annotations

import io
from pathlib import Path

import pytest

from errors import (
    DiarizationError,
    NotReady,
    QueueFull,
    StorageError,
    Unfinished,
)
from executors.inline import InlineExecutor
from jobs.service import Service
from pipeline.types import Conversation, Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wait_until, wav
from tests.held import HeldExecutor


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


def test_a_job_that_was_let_go_is_kept_at_a_stop_and_one_that_has_ended_is_not_let_go(
    service: Service, held: HeldExecutor
) -> None:
    folders = [service.open_folder() for _ in range(2)]
    futures = [service.submit(io.BytesIO(wav()), Options(), folder=folder) for folder in folders]
    held.end(held.begun(0), Conversation(duration=0.5))
    assert futures[0].result(IN_TIME) == Conversation(duration=0.5)
    assert service.let_go(folders[0].id) is None
    record = service.let_go(folders[1].id)
    assert record is not None
    assert not record.request["waited_for"]
    service.close()
    assert not futures[1].done()


def test_what_has_no_result_yet_is_not_told_apart_anew_whatever_else_is_wrong(service: Service) -> None:
    record = service.accept(io.BytesIO(wav()), Options(channels="per_channel"))
    with pytest.raises(Unfinished):
        service.recluster(record, {"num_speakers": 2})
