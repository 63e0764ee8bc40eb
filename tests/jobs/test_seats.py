from __future__ import annotations

import pytest

from errors import QueueFull
from jobs import seats
from jobs.seats import Seats


def test_the_limit_holds_and_a_seat_comes_back() -> None:
    few = Seats(2)
    few.take()
    few.take()
    for refuse in (few.take, few.check):
        with pytest.raises(QueueFull) as caught:
            refuse()
        assert caught.value.retry_after >= 1
    few.give_back()
    few.check()
    few.take()
    assert few.taken == 2


def test_the_wait_follows_the_last_jobs_and_the_length_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 0.0, 0.0, 30.0, 50.0, 9e9])
    monkeypatch.setattr(seats.time, "monotonic", lambda: next(clock))
    queue = Seats(4)
    first, second = queue.take(), queue.take()
    queue.take()
    queue.take()
    queue.note_job(first)  # 30 s
    queue.note_job(second)  # began when the first ended: 20 s
    assert queue.retry_after() == 25 * 4 / 2
    queue.note_job(second)
    assert queue.retry_after() == seats.LONGEST_WAIT
