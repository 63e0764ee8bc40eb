"""Short recordings that wait are given to the process together; company costs nobody their answer."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest

from errors import Cancelled, DiarizationError, EmptyAudio, WorkerFailed
from executors.local import TOGETHER_SECONDS, LocalExecutor
from jobs.job import Job
from pipeline.types import Conversation
from tests.fakes import IN_TIME, MakeJob, StartExecutor, wait_until


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
    long = executor.submit(replace(make_job("long"), seconds=TOGETHER_SECONDS + 1))
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


def test_one_of_several_is_cancelled_alone_and_at_once(start_executor: StartExecutor, make_job: MakeJob) -> None:
    executor = start_executor("load_sociable")
    first = busy_with(executor, make_job("slow-0.5"))
    good, unwanted = executor.submit(make_job("slow-8")), executor.submit(make_job("slow-60"))
    first.result(IN_TIME)
    wait_until(lambda: executor.state().running == 2)
    executor.cancel("job-slow-60")
    with pytest.raises(Cancelled):
        unwanted.result(IN_TIME)
    assert not good.done()
    assert company(good.result(IN_TIME)) == "together: slow-8 slow-60"
    assert executor.state().restarts == 0


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
