"""The parent while its process loads models, and with the models of several profiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from errors import ModelError
from executors.tickets import Ticket
from tests.fakes import IN_TIME, SECRET, MakeJob, StartExecutor, wait_until


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
    for name in ("cache", "hold-vad", "hold-asr"):
        (tmp_path / name).mkdir()
    executor = start_executor("load_in_steps")
    wait_until(lambda: executor.state().readiness == {"vad": "loading", "asr": "waiting"})
    assert (executor.state().profile, executor.state().models) == ("steps", {})
    (tmp_path / "hold-vad").rmdir()
    wait_until(lambda: executor.state().readiness == {"vad": "ready", "asr": "loading"})
    assert not executor.state().ready
    (tmp_path / "hold-asr").rmdir()
    wait_until(lambda: executor.state().ready)
    assert executor.state().readiness == {"vad": "ready", "asr": "ready"}
    log = (tmp_path / "logs" / "diarization_api.log").read_text()
    assert re.search(r"Profile steps: vad ready after \d+\.\d s", log)


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
    executor = start_executor("load_never")
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
        ("load_never", "no sign of life for 0.4 s"),
    ],
)
def test_a_load_that_fails_otherwise_is_reported_too(
    start_executor: StartExecutor, factory: str, expected: str
) -> None:
    executor = start_executor(factory, load_timeout=0.4 if factory == "load_never" else 30)
    (message,) = wait_until(lambda: executor.state().errors)
    assert expected in message
    assert SECRET not in message


OFFERED = {"profile": "offline", "profiles": "sortformer,nemotron,diar_infer_meeting"}


def test_a_job_that_names_a_profile_waits_for_its_models(start_executor: StartExecutor, make_job: MakeJob) -> None:
    """2.5 s for the load, which JOB_TIMEOUT does not count."""
    executor = start_executor("load_named", job_timeout=2, job_attempts=1, **OFFERED)
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
    profile: str, said: str, left: tuple[str, ...], start_executor: StartExecutor, make_job: MakeJob, tmp_path: Path
) -> None:
    executor = start_executor("load_named", **OFFERED)
    wait_until(lambda: executor.state().ready)
    (tmp_path / "hold-offline").touch()  # or it might be back before anybody looks
    named, other = executor.submit(make_job(profile=profile)), executor.submit(make_job("slow-0.1"))
    with pytest.raises(ModelError, match=said):
        named.result(IN_TIME)
    assert executor.state().loaded == left
    assert (executor.state().ready, executor.state().errors) == (True, ())
    (tmp_path / "hold-offline").unlink()
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
