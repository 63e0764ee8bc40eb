"""Stored jobs run, end once, and outlive whoever works on them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest
from sqlalchemy import Engine

from errors import Cancelled, EmptyAudio, ModelError, NotReady, Unavailable
from jobs.dispatcher import Dispatcher
from jobs.job import Job
from jobs.meters import Meters
from jobs.record import JobRecord, NewJob
from jobs.states import State
from jobs.store import JobStore
from pipeline.types import Conversation, Options, Segment
from tests.fakes import wait_until
from tests.held import HeldExecutor

DONE = Conversation((), (), (), 1.0)


class Bench:
    """A dispatcher, and what it says. lease: s."""

    def __init__(self, engine: Engine, lease: float = 30.0, window: int = 2) -> None:
        self.store = JobStore(engine, lease)
        self.executor = HeldExecutor()
        self.kept = dict[tuple[str, int], Conversation]()
        self.gone = list[str]()
        self.looks, self.room = 0, True
        self.heard = dict[str, list[Segment]]()
        self.progressed = list[tuple[str, str, float]]()
        self.meters = Meters()
        self.dispatcher = Dispatcher(self.store, self.executor, self, window, self.meters)

    def job_of(self, record: JobRecord) -> Job:
        return Job(record.id, Path("audio.wav"), Options(), attempts=record.attempts)

    def begin(self, record: JobRecord) -> None:
        self.heard[record.id] = []

    def segments(self, record: JobRecord, segments: Sequence[Segment]) -> None:
        self.heard[record.id] += segments

    def progress(self, id: str, stage: str, fraction: float) -> None:
        self.progressed.append((id, stage, fraction))

    def keep(self, record: JobRecord, result: Conversation) -> None:
        self.kept[record.id, record.token] = result

    def has_room(self) -> bool:
        return self.room

    def ended(self, id: str) -> None:
        self.gone.append(id)

    def look_round(self) -> None:
        self.looks += 1

    def add(self, id: str) -> None:
        self.store.add(NewJob(id))
        self.dispatcher.wake()

    def begun(self, id: str) -> Future[Conversation]:
        wait_until(lambda: id in self.executor.futures)
        return self.executor.futures[id]

    def counted(self, name: str) -> float | None:
        return self.meters.registry.get_sample_value(f"diarization_{name}")

    def state(self, id: str) -> State:
        job = self.store.get(id)
        assert job is not None
        return job.state

    def wait_for(self, id: str, state: State) -> None:
        wait_until(lambda: self.state(id) == state)


@pytest.fixture
def make(engine: Engine) -> Iterator[Callable[..., Bench]]:
    made = list[Bench]()

    def make(lease: float = 30.0, window: int = 2) -> Bench:
        made.append(Bench(engine, lease, window))
        return made[-1]

    yield make
    for bench in made:
        bench.dispatcher.stop()
        bench.dispatcher.join()


def test_a_job_is_done_once_its_result_is_kept(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.add("a")
    bench.begun("a").set_result(DONE)
    bench.wait_for("a", State.DONE)
    assert bench.kept == {("a", 1): DONE}
    assert bench.gone == ["a"]
    assert bench.counted("audio_processed_seconds_total") == DONE.duration
    assert bench.counted("job_reclaims_total") == 0


def test_as_many_are_claimed_as_the_window_is_wide_and_in_order(make: Callable[..., Bench]) -> None:
    bench = make(window=2)
    for id in "abcd":
        bench.add(id)
    bench.begun("b")
    assert bench.state("c") == State.QUEUED
    bench.begun("a").set_result(DONE)
    bench.begun("c")
    assert [job.id for job in bench.executor.jobs] == ["a", "b", "c"]
    assert bench.state("d") == State.QUEUED


def test_what_is_wrong_with_a_recording_is_written_down(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.add("a")
    bench.begun("a").set_exception(EmptyAudio("There is no sound."))
    bench.add("b")
    bench.begun("b").set_exception(RuntimeError("secret"))
    bench.wait_for("a", State.FAILED)
    bench.wait_for("b", State.FAILED)
    errors = [job.error for job in bench.store.list()]
    assert [error and error["code"] for error in errors] == ["internal_error", "empty_audio"]
    assert "secret" not in str(errors)


@pytest.mark.parametrize("error", [NotReady("closing"), ModelError("gone")])
def test_what_is_wrong_with_the_server_puts_the_job_back(make: Callable[..., Bench], error: Exception) -> None:
    bench = make()
    bench.add("a")
    future = bench.begun("a")
    bench.executor.errors, bench.executor.refusal = ("gone",), error  # a claim may be under way
    future.set_exception(error)
    bench.wait_for("a", State.QUEUED)
    bench.executor.errors, bench.executor.refusal = (), None
    wait_until(lambda: [job.id for job in bench.executor.jobs] == ["a", "a"])
    job = bench.store.get("a")
    assert job is not None
    assert job.attempts == 1


def test_an_executor_that_refuses_keeps_the_job_waiting(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.executor.refusal = NotReady("closing")
    bench.add("a")
    wait_until(lambda: bench.gone)
    bench.executor.refusal = None
    bench.begun("a").set_result(DONE)
    bench.wait_for("a", State.DONE)


def test_leases_are_renewed_and_progress_is_written_down(make: Callable[..., Bench]) -> None:
    bench = make(lease=1.0)
    bench.add("a")
    future = bench.begun("a")
    report = bench.executor.reports["a"].on_progress
    assert report is not None
    report("words", 0.25)
    assert bench.progressed == [("a", "words", 0.25)]
    hear, restart = bench.executor.reports["a"].on_segments, bench.executor.reports["a"].on_restart
    assert hear is not None
    assert restart is not None
    hear([Segment("SPEAKER_00", 0.0, 1.0, "text")])
    assert len(bench.heard["a"]) == 1
    restart(1)
    assert bench.heard["a"] == []
    job = bench.store.get("a")
    assert job is not None
    assert (bench.dispatcher.up_to_date(job).stage, bench.dispatcher.up_to_date(job).fraction) == ("", 0.0)
    report("words", 0.25)
    job = bench.store.get("a")
    assert job is not None
    assert (bench.dispatcher.up_to_date(job).stage, bench.dispatcher.up_to_date(job).fraction) == ("words", 0.25)
    wait_until(lambda: [(job.stage, job.fraction) for job in bench.store.list()] == [("words", 0.25)])
    assert not threading.Event().wait(1.5)  # longer than the lease
    assert bench.store.claim() is None
    future.set_result(DONE)
    bench.wait_for("a", State.DONE)


def test_cancelling_reaches_the_executor(make: Callable[..., Bench]) -> None:
    bench = make(lease=0.6)
    bench.add("a")
    future = bench.begun("a")
    bench.store.cancel("a")
    bench.wait_for("a", State.CANCELLED)
    assert isinstance(future.exception(), Cancelled)


def test_a_cancelled_job_ends_without_waiting_for_a_renewal(make: Callable[..., Bench]) -> None:
    bench = make(lease=600)
    bench.add("a")
    bench.begun("a")
    bench.store.cancel("a")
    bench.dispatcher.cancel("a")
    bench.dispatcher.cancel("unknown")
    bench.wait_for("a", State.CANCELLED)


def test_a_job_that_nobody_wanted_cancelled_is_tried_again(make: Callable[..., Bench]) -> None:
    """As when a cancellation was meant for an earlier claim of it."""
    bench = make()
    bench.add("a")
    bench.begun("a").set_exception(Cancelled("The job was cancelled."))
    wait_until(lambda: [job.id for job in bench.executor.jobs] == ["a", "a"])
    bench.executor.futures["a"].set_result(DONE)
    bench.wait_for("a", State.DONE)


def test_a_job_to_be_cancelled_ends_so_when_the_server_stops(make: Callable[..., Bench]) -> None:
    bench = make(lease=600)  # no renewal hears of it
    bench.add("a")
    future = bench.begun("a")
    bench.store.cancel("a")
    bench.dispatcher.stop()
    future.set_exception(NotReady("closing"))
    wait_until(lambda: bench.gone == ["a"])
    assert bench.state("a") == State.CANCELLED


def test_a_result_that_comes_after_the_lease_is_thrown_away(engine: Engine, make: Callable[..., Bench]) -> None:
    """Another server has the job by then."""
    bench = make(lease=30, window=1)  # full, or it would claim the job itself again
    bench.add("a")
    future = bench.begun("a")
    other = JobStore(engine, lease=30)

    def taken_over() -> JobRecord | None:
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE jobs SET lease_until = 0")
        return other.claim()

    theirs = wait_until(taken_over)  # between two renewals
    future.set_result(DONE)
    wait_until(lambda: bench.gone == ["a"])
    assert bench.state("a") == State.QUEUED
    assert bench.counted("lease_losses_total") == 1
    assert bench.counted("audio_processed_seconds_total") == 0
    other.finish(theirs)
    assert bench.state("a") == State.DONE


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_job_whose_result_finds_no_room_waits_for_it_and_loses_no_attempt(
    make: Callable[..., Bench], reason: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make()
    keep, bench.room = bench.keep, False

    def full(record: JobRecord, result: Conversation) -> None:
        raise OSError(reason, "full")

    bench.keep = full
    for id in "ab":
        bench.add(id)
    for future in [bench.begun(id) for id in "ab"]:
        future.set_result(DONE)
    wait_until(lambda: sorted(bench.gone) == ["a", "b"])
    looks = bench.looks
    wait_until(lambda: bench.looks > looks + 1)
    assert [job.id for job in bench.executor.jobs] == ["a", "b"]  # nothing is begun for nothing
    assert [(job.state, job.attempts) for job in bench.store.list()] == [(State.QUEUED, 0)] * 2
    assert [record.levelname for record in caplog.records if "no room for results" in record.message] == ["ERROR"]
    bench.keep, bench.room = keep, True
    wait_until(lambda: len(bench.executor.jobs) == 4)
    for id in "ab":
        bench.executor.futures[id].set_result(DONE)
        bench.wait_for(id, State.DONE)
    assert bench.counted("job_reclaims_total") == 0


def test_a_job_whose_result_cannot_be_kept_fails_with_that_cause(make: Callable[..., Bench]) -> None:
    bench = make()

    def gone(record: JobRecord, result: Conversation) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", "/secret/path")

    bench.keep = gone
    bench.add("a")
    bench.begun("a").set_result(DONE)
    bench.wait_for("a", State.FAILED)
    error = bench.store.list()[0].error
    assert error is not None
    assert error["code"] == "storage_failed"
    assert "secret" not in str(error)
    assert len(bench.executor.jobs) == 1


def test_a_job_whose_end_cannot_be_written_is_begun_again_when_its_lease_has_run_out(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(lease=1.0)

    def away(job: JobRecord) -> None:
        monkeypatch.undo()
        raise RuntimeError("away")

    monkeypatch.setattr(bench.store, "finish", away)
    bench.add("a")
    bench.begun("a").set_result(DONE)
    wait_until(lambda: [job.id for job in bench.executor.jobs] == ["a", "a"])
    start = bench.executor.reports["a"].on_start
    assert start is not None
    start(2)  # again, as after the company of a job that its worker died of
    bench.executor.futures["a"].set_result(DONE)
    bench.wait_for("a", State.DONE)
    assert bench.counted("job_reclaims_total") == 1


def test_it_is_alive_until_it_is_stopped(make: Callable[..., Bench]) -> None:
    bench = make()
    assert bench.dispatcher.alive
    bench.dispatcher.stop()
    bench.dispatcher.join()
    assert not bench.dispatcher.alive


def test_its_owner_looks_round_again_and_again(make: Callable[..., Bench]) -> None:
    bench = make()
    wait_until(lambda: bench.looks > 1)


def test_a_job_is_begun_when_the_executor_works_on_it(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.executor.waits = True
    bench.add("a")
    future, start = bench.begun("a"), bench.executor.reports["a"].on_start
    assert start is not None

    def begun() -> tuple[int, bool]:
        job = bench.store.get("a")
        assert job is not None
        return job.attempts, job.started_at is not None

    assert begun() == (0, False)
    for attempt in (1, 2):  # the executor tries it again by itself
        start(attempt)
        assert begun() == (attempt, True)
    future.set_result(DONE)
    bench.wait_for("a", State.DONE)


def test_attempts_that_failed_count_however_the_job_goes_on(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.add("a")
    future, reports = bench.begun("a"), bench.executor.reports["a"]
    assert reports.on_restart is not None
    assert reports.on_start is not None
    reports.on_restart(1)
    reports.on_start(2)
    future.set_exception(Unavailable("later"))  # while it was tried again
    wait_until(lambda: len(bench.executor.jobs) == 2)
    assert bench.executor.jobs[1].attempts == 1
    bench.begun("a").set_result(DONE)
    bench.wait_for("a", State.DONE)


def test_a_server_that_slept_through_its_leases_goes_on_with_what_nobody_else_took(
    make: Callable[..., Bench], engine: Engine
) -> None:
    """Suspended, or without its database: its work is not to be begun a second time beside the first."""
    bench = make(window=3)
    for id in "ab":
        bench.add(id)
        bench.begun(id)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET lease_until = 0, attempts = CASE id WHEN 'a' THEN 3 ELSE 1 END")
    looks = bench.looks
    wait_until(lambda: bench.looks > looks + 1)
    assert [job.id for job in bench.executor.jobs] == ["a", "b"]
    for id in "ab":
        bench.begun(id).set_result(DONE)
        bench.wait_for(id, State.DONE)
