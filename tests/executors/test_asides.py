from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import Pipe
from typing import Any

import pytest

from errors import ArtefactsExpired, EmptyAudio, SeveralVoices, Unavailable, VoiceTooShort
from executors.asides import Asides, NoAnswer, answer_asides
from executors.local import LocalExecutor
from jobs.job import Job
from pipeline.known import KnownClip
from tests.fakes import VOICE_MODEL, MakeJob, StartExecutor, wait_until

Answer = Callable[[dict[str, Any]], dict[str, Any]]
Serve = Callable[[Answer], Asides]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """serve(answer): the parent's end of a pipe whose other end answers so."""
    ours, theirs = Pipe()
    threads = list[threading.Thread]()

    def start(answer: Answer) -> Asides:
        threads.append(threading.Thread(target=answer_asides, args=(theirs, answer), daemon=True))
        threads[-1].start()
        return Asides(ours)

    yield start
    ours.close()
    for thread in threads:
        thread.join()
    theirs.close()


def test_every_question_gets_its_own_answer(serve: Serve) -> None:
    asides = serve(lambda asked: {"to": asked["n"]})
    found = dict[int, Any]()
    threads = [threading.Thread(target=lambda n=n: found.update({n: asides.ask({"n": n}, 10)})) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: {"to": n} for n in range(20)}


def test_an_answer_that_comes_too_late_is_nobody_elses(serve: Serve) -> None:
    held = threading.Event()

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        assert held.wait(10)
        return {"to": asked["n"]}

    asides = serve(answer)
    with pytest.raises(NoAnswer):
        asides.ask({"n": 1}, 0.05)
    held.set()
    assert asides.ask({"n": 2}, 10) == {"to": 2}


def test_a_worker_that_is_gone_gives_no_answer() -> None:
    ours, theirs = Pipe()
    theirs.close()
    with pytest.raises(NoAnswer):
        Asides(ours).ask({"n": 1}, 10)


def again(job: Job, speakers: int | None = 2) -> Job:
    return replace(
        job, relabel=True, shelf=job.audio.parent / "stages", options=replace(job.options, num_speakers=speakers)
    )


def ready(executor: LocalExecutor) -> LocalExecutor:
    wait_until(lambda: executor.state().ready)
    return executor


def test_voices_are_told_apart_anew_while_another_job_runs(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = ready(start_executor())
    job = make_job()
    (job.audio.parent / "stages").mkdir()
    long = executor.submit(make_job("slow-30"))
    wait_until(lambda: executor.state().running)
    assert len(executor.relabel(again(job, 3)).speakers) == 3
    assert not long.done()
    executor.cancel("job-slow-30")


def test_what_is_wrong_with_the_job_is_said(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = ready(start_executor())
    with pytest.raises(ArtefactsExpired):
        executor.relabel(again(make_job()))
    job = make_job("later_silence")
    (job.audio.parent / "stages").mkdir()
    with pytest.raises(EmptyAudio):
        executor.relabel(again(job))


def test_a_worker_that_dies_of_it_is_replaced(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = ready(start_executor())
    job = make_job("later_crash")
    (job.audio.parent / "stages").mkdir()
    with pytest.raises(Unavailable):
        executor.relabel(again(job))
    wait_until(lambda: executor.state().restarts == 1 and executor.state().ready)
    assert len(executor.relabel(again(make_job())).speakers) == 2


def test_before_the_models_are_there_it_is_too_early(start_executor: StartExecutor, make_job: MakeJob) -> None:
    with pytest.raises(Unavailable):
        start_executor("load_never").relabel(again(make_job()))


def test_models_that_are_not_in_memory_are_loaded_for_it(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = ready(start_executor("load_named", profile="offline", profiles="diar_infer_general"))
    job = make_job(profile="diar_infer_general")
    (job.audio.parent / "stages").mkdir()
    made = executor.relabel(again(job, 4))
    assert (len(made.speakers), made.models) == (4, {"words": "diar_infer_general-model"})


def enrolment(job: Job, *clips: str) -> Job:
    return replace(job, enrol=True, clips=tuple(KnownClip(name, job.audio) for name in clips))


def test_a_voice_is_made_known_while_another_job_runs(make_job: MakeJob, start_executor: StartExecutor) -> None:
    executor = ready(start_executor())
    slow = executor.submit(make_job("slow-30"))
    wait_until(lambda: executor.state().running)
    found = executor.enrol(enrolment(make_job(), "first", "second"))
    assert [(one.model, one.seconds) for one in found] == [(VOICE_MODEL, 0.5)] * 2
    with pytest.raises(SeveralVoices):
        executor.enrol(enrolment(make_job(), "two"))
    assert not slow.done()
    executor.cancel("job-slow-30")


def test_a_profile_that_is_not_in_memory_is_loaded_to_know_a_voice(
    make_job: MakeJob, start_executor: StartExecutor
) -> None:
    executor = ready(start_executor("load_named", profile="offline", profiles="diar_infer_general"))
    assert executor.state().loaded == ("offline",)
    (found,) = executor.enrol(enrolment(make_job(profile="diar_infer_general"), "clip"))
    assert found.model == VOICE_MODEL
    assert executor.state().loaded == ("diar_infer_general",)
    with pytest.raises(VoiceTooShort):
        executor.enrol(enrolment(make_job(), "short"))
