from __future__ import annotations

import pytest

from errors import QueueFull
from jobs import seats
from jobs.seats import Seats


def test_the_limit_holds_and_a_seat_comes_back_once() -> None:
    few = Seats(3, ["stored"])
    few.take("a")
    few.take("b")
    for refuse in (lambda: few.take("c"), few.check):
        with pytest.raises(QueueFull) as caught:
            refuse()
        assert caught.value.retry_after >= 1
    assert few.give_back("a") is not None
    assert few.give_back("a") is None
    few.check()
    few.take("c")
    assert few.taken == 3


def test_a_job_counts_as_stored_until_it_has_ended() -> None:
    queue = Seats(3, ["earlier"])
    queue.take("a")
    assert queue.stored == {"earlier"}
    queue.keep("a")
    assert queue.stored == {"earlier", "a"}
    queue.give_back("a")
    queue.keep("a")  # it ended before this was said
    assert queue.stored == {"earlier"}


def test_the_wait_follows_the_last_jobs_and_the_length_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 30.0, 50.0, 60.0, 9e9])
    monkeypatch.setattr(seats.time, "monotonic", lambda: next(clock))
    queue = Seats(5)
    for id in "abcde":
        queue.take(id)
    assert queue.give_back("a", worked=True) == 30.0
    assert queue.give_back("b", worked=True) == 50.0  # began when the first ended: 20 s
    assert queue.retry_after() == round(25 * 3 / 2)
    assert queue.give_back("c") == 60.0  # cancelled while it waited, which says nothing of the others
    assert queue.retry_after() == 25
    queue.give_back("d", worked=True)
    assert queue.retry_after() == seats.LONGEST_WAIT
