"""The executor with a real worker process over fake models: what it does when things go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from errors import Cancelled, DiarizationError, EmptyAudio, NotReady, WorkerFailed
from executors.base import Reports
from pipeline.types import Conversation, Segment
from settings import ROOT
from tests.fakes import IN_TIME, SECRET, MakeJob, StartExecutor, wait_until


def worker_pid(conversation: Conversation) -> int:
    return int(conversation.warnings[-1].rsplit(" ", 1)[1])


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_job_comes_back_as_a_conversation(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    stages, segments = list[tuple[str, float]](), list[Segment]()
    job = make_job("meeting", num_speakers=3, language="de")
    reports = Reports(lambda *it: stages.append(it), segments.extend, on_start=lambda _: stages.append(("start", 0.0)))
    conversation = executor.submit(job, reports).result(IN_TIME)
    assert conversation.segments[0].text == SECRET
    assert conversation.duration == 0.5
    assert conversation.language == "de"
    assert conversation.warnings[0] == "on the way in"
    assert conversation.warnings[1].startswith("1 channels, 3 speakers")
    assert worker_pid(conversation) != os.getpid()
    assert stages == [("start", 0.0), ("speech", 0.0)]
    assert segments == [replace(conversation.segments[0], words=())]
    assert executor.state().models == {"words": "fake"}


def test_jobs_run_in_the_order_they_came(start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    executor = start_executor("load_held")
    ended: list[int] = []
    futures = [executor.submit(make_job(f"slow-0.{4 - place}")) for place in range(5)]
    for place, future in enumerate(futures):
        future.add_done_callback(lambda _, place=place: ended.append(place))
    assert executor.state().queued == 5, "accepted while the models load"
    assert not executor.state().ready
    (tmp_path / "hold").unlink()
    for future in futures:
        future.result(IN_TIME)
    wait_until(lambda: len(ended) == 5)
    assert ended == [0, 1, 2, 3, 4]
    assert executor.state().queued == 0


def test_a_job_survives_the_death_of_its_worker(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    first = worker_pid(executor.submit(make_job()).result(IN_TIME))
    future = executor.submit(make_job("slow-1"))
    wait_until(lambda: executor.state().running)
    os.kill(first, signal.SIGKILL)
    assert worker_pid(future.result(IN_TIME)) != first
    assert (executor.state().restarts, executor.state().retries) == (1, 1)
    assert executor.state().alive
    executor.close()
    assert not executor.state().alive


def test_a_job_that_kills_every_worker_is_given_up(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=2)
    poison, innocent = executor.submit(make_job("crash")), executor.submit(make_job())
    with pytest.raises(WorkerFailed):
        poison.result(IN_TIME)
    assert innocent.result(IN_TIME).duration == 0.5
    assert (executor.state().restarts, executor.state().retries) == (2, 1)


def test_attempts_in_another_server_count(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor, begun = start_executor(job_attempts=3), list[int]()
    poison = executor.submit(replace(make_job("crash"), attempts=1), Reports(on_start=begun.append))
    with pytest.raises(WorkerFailed):
        poison.result(IN_TIME)
    assert begun == [2, 3]


def test_a_fault_of_the_accelerator_ends_the_worker_and_the_job_is_tried_once_more(
    start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    """Nothing else would work in that process, so it must not meet the next recording."""
    executor = start_executor(job_attempts=2)
    faulty, innocent = executor.submit(make_job("cuda")), executor.submit(make_job())
    with pytest.raises(WorkerFailed):
        faulty.result(IN_TIME)
    assert innocent.result(IN_TIME).duration == 0.5
    assert executor.state().restarts == 2
    log = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert log.count("The accelerator failed") == 2


def test_after_a_fault_of_the_accelerator_a_new_worker_does_the_job(
    start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    executor, hold = start_executor("load_held"), tmp_path / "hold"
    first = worker_pid(executor.submit(make_job()).result(IN_TIME))
    hold.touch()
    heard = list[str]()
    reports = Reports(on_segments=lambda _: heard.append("segments"), on_restart=lambda _: heard.append("restart"))
    faulty = executor.submit(make_job(f"cuda_once-{tmp_path}/happened"), reports)
    innocent = executor.submit(make_job())
    wait_until(lambda: executor.state().restarts == 1)
    assert not executor.state().ready
    assert (executor.state().queued, faulty.done(), innocent.done()) == (2, False, False)
    hold.unlink()
    assert worker_pid(faulty.result(IN_TIME)) == worker_pid(innocent.result(IN_TIME)) != first
    assert (executor.state().ready, executor.state().restarts) == (True, 1)
    assert heard == ["segments", "restart", "segments"]


def test_a_worker_without_progress_is_replaced(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=1, job_timeout=2)
    hung, innocent = executor.submit(make_job("hang")), executor.submit(make_job())
    with pytest.raises(WorkerFailed):
        hung.result(IN_TIME)
    assert innocent.result(IN_TIME).duration == 0.5


def test_progress_keeps_a_long_job_alive(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=1, job_timeout=2)
    assert executor.submit(make_job("slow-2.5")).result(IN_TIME).duration == 0.5
    assert executor.state().restarts == 0


def test_a_stopped_worker_is_killed(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_timeout=1, job_attempts=5)  # so that a slow machine costs no more than another try
    stopped = worker_pid(executor.submit(make_job()).result(IN_TIME))
    future = executor.submit(make_job("slow-1"))
    wait_until(lambda: executor.state().running)
    os.kill(stopped, signal.SIGSTOP)
    assert worker_pid(future.result(IN_TIME)) != stopped
    assert not is_running(stopped)


def test_a_worker_that_dies_idle_is_replaced(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    os.kill(worker_pid(executor.submit(make_job()).result(IN_TIME)), signal.SIGKILL)
    wait_until(lambda: executor.state().restarts == 1 and executor.state().ready)
    assert executor.submit(make_job()).result(IN_TIME).duration == 0.5


def test_an_error_of_ours_crosses_as_it_is(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    with pytest.raises(EmptyAudio, match="no usable sound"):
        executor.submit(make_job("silence")).result(IN_TIME)
    assert executor.state().restarts == 0


def test_an_unexpected_error_tells_nobody_what_was_said(
    start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    executor = start_executor()
    with pytest.raises(DiarizationError) as caught:
        executor.submit(make_job("fault")).result(IN_TIME)
    assert caught.value.code == "internal_error"
    log = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert "RuntimeError" in log
    assert "_misbehave" in log, "the traceback is there"
    assert SECRET not in log + caught.value.message
    assert executor.submit(make_job()).result(IN_TIME).duration == 0.5


def test_a_job_can_be_taken_back_until_it_begins(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    running, queued = executor.submit(make_job("slow-0.5")), executor.submit(make_job("crash"))
    wait_until(lambda: executor.state().running)
    assert queued.cancel()
    assert not running.cancel()
    assert executor.state().queued == 0
    assert running.result(IN_TIME).duration == 0.5
    assert executor.submit(make_job()).result(IN_TIME).duration == 0.5
    with pytest.raises(CancelledError):
        queued.result(0)
    assert executor.state().restarts == 0, "the job that was taken back never ran"


def test_a_running_job_that_is_cancelled_ends_and_its_worker_goes_on(
    start_executor: StartExecutor, make_job: MakeJob
) -> None:
    executor = start_executor()
    pid = worker_pid(executor.submit(make_job()).result(IN_TIME))
    running, waiting, innocent = (executor.submit(make_job(name)) for name in ("slow-60", "slow-61", "audio"))
    wait_until(lambda: executor.state().running)
    for id in ("job-slow-61", "job-slow-60", "job-slow-60", "unknown"):
        executor.cancel(id)
    with pytest.raises(Cancelled):
        running.result(IN_TIME)
    assert waiting.cancelled()
    assert worker_pid(innocent.result(IN_TIME)) == pid


def test_a_job_that_hears_of_nothing_is_ended_with_its_worker(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    pid = worker_pid(executor.submit(make_job()).result(IN_TIME))
    hung, innocent = executor.submit(make_job("hang")), executor.submit(make_job())
    wait_until(lambda: executor.state().running)
    executor.cancel("job-hang")
    with pytest.raises(Cancelled):
        hung.result(IN_TIME)
    assert worker_pid(innocent.result(IN_TIME)) != pid


def test_a_failing_progress_callback_does_not_stop_the_job(start_executor: StartExecutor, make_job: MakeJob) -> None:
    def fail(stage: str, fraction: float) -> None:
        raise RuntimeError

    assert start_executor().submit(make_job(), Reports(fail, fail)).result(IN_TIME).duration == 0.5


def test_close_ends_every_job_and_the_worker(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    pid = worker_pid(executor.submit(make_job()).result(IN_TIME))
    futures = [executor.submit(make_job("hang")), executor.submit(make_job())]
    wait_until(lambda: executor.state().running)
    executor.close()
    executor.close()
    for future in futures:
        with pytest.raises(NotReady):
            future.result(0)
    assert not is_running(pid)
    with pytest.raises(NotReady):
        executor.submit(make_job())


def test_close_does_not_wait_for_models_to_load(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_never")
    future = executor.submit(make_job())
    executor.close()
    with pytest.raises(NotReady):
        future.result(0)


PARENT = """
import sys, time
from pathlib import Path
from executors.base import Reports
from executors.local import LocalExecutor
from jobs.job import Job
from pipeline.types import Options
from tests.fakes import fake_settings
folder = Path(sys.argv[1])
executor = LocalExecutor(fake_settings(folder), factory="tests.fakes:load")
print(executor.submit(Job("1", folder / "audio.wav", Options())).result().warnings[-1].split()[-1], flush=True)
executor.submit(Job("2", folder / "audio.wav", Options(), name=sys.argv[2]))
time.sleep(60)
"""


@pytest.mark.parametrize("job", ["hang", "busy-60", "audio"])
def test_the_worker_ends_when_its_parent_is_killed(make_job: MakeJob, tmp_path: Path, job: str) -> None:
    make_job()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), job], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    wait_until(lambda: not is_running(pid), seconds=5)
