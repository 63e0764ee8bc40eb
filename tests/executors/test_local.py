"""The executor with a real worker process over fake models: what it does when things go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path

import pytest

import executors.local
from errors import DiarizationError, EmptyAudio, ModelError, NotReady, WorkerFailed
from executors.local import LocalExecutor
from executors.tickets import Ticket
from jobs.job import Job
from pipeline.types import Conversation
from settings import ROOT
from tests.fakes import SECRET, MakeJob, StartExecutor, wait_until

IN_TIME = 30  # seconds


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors.local, "RELOAD_DELAY", 0.3)


def worker_pid(conversation: Conversation) -> int:
    return int(conversation.warnings[-1].rsplit(" ", 1)[1])


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_job_comes_back_as_a_conversation(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor()
    stages: list[tuple[str, float]] = []
    job = make_job("meeting", num_speakers=3, language="de")
    conversation = executor.submit(job, lambda *progress: stages.append(progress)).result(IN_TIME)
    assert conversation.segments[0].text == SECRET
    assert conversation.duration == 0.5
    assert conversation.language == "de"
    assert conversation.warnings[0] == "on the way in"
    assert conversation.warnings[1].startswith("1 channels, 3 speakers")
    assert worker_pid(conversation) != os.getpid()
    assert stages == [("speech", 0.0)]
    assert executor.state().models == {"words": "fake"}


def test_jobs_run_in_the_order_they_came(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_slowly")
    ended: list[int] = []
    futures = [executor.submit(make_job(f"slow-0.{4 - place}")) for place in range(5)]
    for place, future in enumerate(futures):
        future.add_done_callback(lambda _, place=place: ended.append(place))
    assert executor.state().queued == 5, "accepted while the models load"
    assert not executor.state().ready
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
    assert executor.state().restarts == 1


def test_a_job_that_kills_every_worker_is_given_up(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=2)
    poison, innocent = executor.submit(make_job("crash")), executor.submit(make_job())
    with pytest.raises(WorkerFailed):
        poison.result(IN_TIME)
    assert innocent.result(IN_TIME).duration == 0.5
    assert executor.state().restarts == 2


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


def test_a_worker_without_progress_is_replaced(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=1, job_timeout=1)
    hung, innocent = executor.submit(make_job("hang")), executor.submit(make_job())
    with pytest.raises(WorkerFailed):
        hung.result(IN_TIME)
    assert innocent.result(IN_TIME).duration == 0.5


def test_progress_keeps_a_long_job_alive(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_attempts=1, job_timeout=0.6)
    assert executor.submit(make_job("slow-2")).result(IN_TIME).duration == 0.5
    assert executor.state().restarts == 0


def test_a_stopped_worker_is_killed(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor(job_timeout=1)
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


def test_missing_models_are_reported_and_tried_again(
    start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    executor = start_executor("load_when_allowed")
    waiting = executor.submit(make_job())
    with pytest.raises(ModelError, match="file is missing"):
        waiting.result(IN_TIME)
    assert executor.state().errors == ("The model file is missing.",)
    assert not executor.state().ready
    with pytest.raises(ModelError, match="file is missing"):
        executor.submit(make_job())
    (tmp_path / "cache").mkdir()
    wait_until(lambda: executor.state().ready)
    assert executor.state().errors == ()
    assert executor.submit(make_job()).result(IN_TIME).duration == 0.5


def test_while_models_load_each_says_how_far_it_is(start_executor: StartExecutor, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    executor = start_executor("load_in_steps")
    assert (executor.state().profile, executor.state().readiness) == ("", {})
    wait_until(lambda: executor.state().readiness == {"vad": "loading", "asr": "waiting"})
    assert (executor.state().profile, executor.state().models) == ("steps", {})
    wait_until(lambda: executor.state().readiness == {"vad": "ready", "asr": "loading"})
    assert not executor.state().ready
    wait_until(lambda: executor.state().ready)
    assert executor.state().readiness == {"vad": "ready", "asr": "ready"}
    log = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert "Profile steps: vad ready after 0.4 s" in log


def test_a_model_that_fails_is_shown_until_it_is_tried_again(start_executor: StartExecutor, tmp_path: Path) -> None:
    executor = start_executor("load_in_steps")
    wait_until(lambda: executor.state().errors)
    assert executor.state().readiness == {"vad": "waiting", "asr": "failed"}, "the process took the vad model with it"
    (tmp_path / "cache").mkdir()
    wait_until(lambda: executor.state().ready)
    assert executor.state().readiness == {"vad": "ready", "asr": "ready"}


def test_a_process_that_dies_while_it_loads_leaves_the_stage_behind(start_executor: StartExecutor) -> None:
    executor = start_executor("load_half_and_die", job_attempts=1)
    wait_until(lambda: executor.state().errors)
    assert executor.state().readiness == {"vad": "failed", "asr": "waiting"}


def test_a_job_that_comes_while_loading_fails_is_refused_and_does_not_wait(
    start_executor: StartExecutor, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load fails after the job was let in and before it lay in the queue, where it would lie for ever."""
    executor = start_executor("load_slowly")
    put = executor._tickets.put

    def too_late(ticket: Ticket) -> None:
        executor._load_error = "The model file is missing."
        put(ticket)

    monkeypatch.setattr(executor._tickets, "put", too_late)
    with pytest.raises(ModelError, match="file is missing"):
        executor.submit(make_job()).result(0)


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        ("load_faulty", "could not be loaded"),
        ("load_deadly", "exit code 3"),
        ("no_such_function", "could not be loaded"),
        ("load_slowly", "no sign of life for 0.4 s"),
    ],
)
def test_a_load_that_fails_otherwise_is_reported_too(
    start_executor: StartExecutor, factory: str, expected: str
) -> None:
    executor = start_executor(factory, load_timeout=0.4 if factory == "load_slowly" else 30)
    (message,) = wait_until(lambda: executor.state().errors)
    assert expected in message
    assert SECRET not in message


OFFERED = {"profile": "offline", "profiles": "sortformer,nemotron,diar_infer_meeting"}


def test_a_job_that_names_a_profile_waits_for_its_models(start_executor: StartExecutor, make_job: MakeJob) -> None:
    """0.8 s for each load, which JOB_TIMEOUT does not count."""
    executor = start_executor("load_named", job_timeout=0.5, job_attempts=1, **OFFERED)
    assert executor.submit(make_job()).result(IN_TIME).models == {"words": "offline-model"}
    assert executor.state().loaded == ("offline",)
    future = executor.submit(make_job(profile="diar_infer_meeting"))
    assert future.result(IN_TIME).models == {"words": "diar_infer_meeting-model"}
    state = executor.state()
    assert (state.ready, state.loaded) == (True, ("diar_infer_meeting",))
    assert (state.profile, state.models) == ("offline", {"words": "offline-model"})
    assert state.readiness == {"words": "waiting"}
    assert executor.submit(make_job(profile="offline")).result(IN_TIME).models == {"words": "offline-model"}
    assert (executor.state().readiness, executor.state().restarts) == ({"words": "ready"}, 0)


def test_jobs_of_several_profiles_do_not_wait_for_each_others_models(
    start_executor: StartExecutor, make_job: MakeJob
) -> None:
    executor = start_executor("load_sociable", **OFFERED)
    names = {"slow-0.5": None, "first": None, "second": None, "third": "sortformer"}
    futures = [executor.submit(make_job(name, profile=profile)) for name, profile in names.items()]
    warnings = [" ".join(future.result(IN_TIME).warnings) for future in futures]
    assert not any("third" in text for text in warnings[:3])
    assert "together" not in warnings[3]


@pytest.mark.parametrize(
    ("profile", "said", "left"),
    [("nemotron", "not on this machine; run: ", ("offline",)), ("sortformer", "damaged", ())],
)
def test_a_profile_that_cannot_be_loaded_fails_its_job_and_no_other(
    profile: str, said: str, left: tuple[str, ...], start_executor: StartExecutor, make_job: MakeJob
) -> None:
    executor = start_executor("load_named", **OFFERED)
    named, other = executor.submit(make_job(profile=profile)), executor.submit(make_job("slow-0.1"))
    with pytest.raises(ModelError, match=said):
        named.result(IN_TIME)
    assert executor.state().loaded == left
    assert (executor.state().ready, executor.state().errors) == (True, ())
    assert other.result(IN_TIME).models == {"words": "offline-model"}
    assert executor.state().restarts == 0


def test_without_the_models_of_the_profile_in_force_a_new_process_says_so(
    start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    executor = start_executor("load_when_allowed", **OFFERED)
    assert executor.submit(make_job(profile="sortformer")).result(IN_TIME).duration == 0.5
    (tmp_path / "cache").rmdir()
    with pytest.raises(ModelError, match="file is missing"):
        executor.submit(make_job()).result(IN_TIME)
    wait_until(lambda: executor.state().errors == ("The model file is missing.",))
    assert not executor.state().ready
    (tmp_path / "cache").mkdir()
    wait_until(lambda: executor.state().ready)


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


def test_a_failing_progress_callback_does_not_stop_the_job(start_executor: StartExecutor, make_job: MakeJob) -> None:
    def fail(stage: str, fraction: float) -> None:
        raise RuntimeError

    assert start_executor().submit(make_job(), fail).result(IN_TIME).duration == 0.5


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
    executor = start_executor("load_slowly")
    future = executor.submit(make_job())
    executor.close()
    with pytest.raises(NotReady):
        future.result(0)


PARENT = """
import sys, time
from pathlib import Path
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


def busy_with(executor: LocalExecutor, job: Job) -> Future[Conversation]:
    """The job, once it runs: what is submitted then has to wait, and comes together."""
    future = executor.submit(job)
    wait_until(lambda: executor.state().running == 1)
    return future


def company(conversation: Conversation) -> str:
    """Those that were processed with it."""
    return conversation.warnings[-1]


def test_short_recordings_that_wait_are_processed_together(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_sociable")
    first = busy_with(executor, make_job("slow-0.5"))
    short = [executor.submit(make_job(name)) for name in "abcd"]
    long = executor.submit(replace(make_job("long"), seconds=executors.local.TOGETHER_SECONDS + 1))
    last = executor.submit(make_job("e"))
    assert "together" not in company(first.result(IN_TIME))
    assert [company(future.result(IN_TIME)) for future in short[:3]] == ["together: a b c"] * 3
    for future in (short[3], long, last):
        assert "together" not in company(future.result(IN_TIME)), "a long one has no company, and is not overtaken"


def test_how_many_is_a_setting(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_sociable", together=2)
    first = busy_with(executor, make_job("slow-0.5"))
    futures = [executor.submit(make_job(name)) for name in "abc"]
    first.result(IN_TIME)
    assert [future.result(IN_TIME).warnings[-1] for future in futures[:2]] == ["together: a b"] * 2


def test_company_costs_nobody_their_answer(start_executor: StartExecutor, make_job: MakeJob) -> None:
    """The worker dies of one of three, and nobody knows of which: each is tried alone, none less often."""
    executor = start_executor("load_sociable", job_attempts=1)
    first = busy_with(executor, make_job("slow-0.5"))
    good, poison, other = (executor.submit(make_job(name)) for name in ("good", "crash", "other"))
    first.result(IN_TIME)
    with pytest.raises(WorkerFailed):
        poison.result(IN_TIME)
    assert "together" not in company(good.result(IN_TIME)) + company(other.result(IN_TIME))
    assert executor.state().restarts == 2


def test_one_of_several_that_fails_fails_alone(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_sociable")
    first = busy_with(executor, make_job("slow-0.5"))
    good, silent, faulty = (executor.submit(make_job(name)) for name in ("good", "silence", "fault"))
    first.result(IN_TIME)
    with pytest.raises(EmptyAudio):
        silent.result(IN_TIME)
    with pytest.raises(DiarizationError, match="fault in the server"):
        faulty.result(IN_TIME)
    assert company(good.result(IN_TIME)) == "together: good silence fault"
    assert executor.state().restarts == 0
