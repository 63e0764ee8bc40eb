from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from errors import Cancelled, NotReady
from executors.tickets import Ticket, TicketQueue
from jobs.job import Job
from pipeline.types import Options


def ticket(name: str) -> Ticket:
    return Ticket(Job(name, Path("audio.wav"), Options()))


def taken(queue: TicketQueue) -> str | None:
    found = queue.take(timeout=0)
    return found.job.id if found else None


def test_first_in_first_out_and_a_second_try_goes_first() -> None:
    queue = TicketQueue()
    queue.put(ticket("a"))
    queue.put(ticket("b"))
    again = queue.take(timeout=0)
    assert again is not None
    queue.put_first(again)
    assert [taken(queue), taken(queue), taken(queue)] == ["a", "b", None]


def test_what_was_taken_back_is_neither_counted_nor_given_out() -> None:
    queue = TicketQueue()
    gone, stays = ticket("gone"), ticket("stays")
    queue.put(gone)
    queue.put(stays)
    assert gone.future.cancel()
    assert len(queue) == 1
    assert taken(queue) == "stays"
    assert not stays.future.cancel(), "a job that was given out cannot be taken back"


def test_a_job_that_waits_to_be_tried_again_can_be_taken_back() -> None:
    queue = TicketQueue()
    again = ticket("again")
    queue.put(again)
    assert taken(queue) == "again"
    assert not queue.cancel("again"), "it is not here"
    queue.put_first(again)
    assert queue.cancel("again")
    with pytest.raises(Cancelled):
        again.future.result(0)
    assert (taken(queue), queue.cancel("again")) == (None, False)


def test_who_was_begun_before_has_no_company() -> None:
    """Those that it ran with may come again with it, and one of them ended the whole service."""
    job = Job("a", Path("audio.wav"), Options())
    assert [Ticket(job).alone, Ticket(replace(job, attempts=1)).alone] == [False, True]


def test_a_waiting_taker_wakes_up() -> None:
    queue = TicketQueue()
    threading.Timer(0.05, queue.put, [ticket("late")]).start()
    found = queue.take(timeout=10)
    assert found is not None
    assert found.job.id == "late"


def test_fail_all_ends_every_ticket() -> None:
    queue = TicketQueue()
    tickets = [ticket("a"), ticket("b")]
    for one in tickets:
        queue.put(one)
    queue.fail_all(NotReady("closing"))
    for one in tickets:
        with pytest.raises(NotReady):
            one.future.result(0)
    assert len(queue) == 0


def test_company_is_taken_in_order_and_only_while_it_fits() -> None:
    queue = TicketQueue()
    for name in ("first", "gone", "second", "big", "small"):
        queue.put(ticket(name))
    first = queue.take(timeout=0)
    assert first is not None
    assert queue._tickets[0].future.cancel()
    asked: list[list[str]] = []

    def fits(company: Sequence[Ticket], candidate: Ticket) -> bool:
        asked.append([*(one.job.id for one in company), candidate.job.id])
        return candidate.job.id != "big"

    second = queue.take_with([first], fits)
    assert second is not None
    assert queue.take_with([first, second], fits) is None, "none overtakes one that does not fit"
    assert asked == [["first", "second"], ["first", "second", "big"]]
    assert [taken(queue), taken(queue)] == ["big", "small"]
    assert queue.take_with([], fits) is None
