from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs import board
from jobs.board import Board, News, Position
from pipeline.types import Segment, Word
from tests.fakes import IN_TIME


def said(*numbers: int) -> list[Segment]:
    return [Segment("SPEAKER_00", n, n + 1, str(n), words=(Word(str(n), n, n + 1),)) for n in numbers]


def texts(segments: Sequence[Segment]) -> str:
    return "".join(one.text for one in segments)


def test_each_segment_is_heard_once_in_order() -> None:
    jobs = Board()
    jobs.begin("a", 1)
    jobs.add("a", 1, said(0, 1))
    with jobs.watch("a") as watch:
        first = watch.since(Position())
        assert (texts(first.segments), first.first, first.restarted) == ("01", 0, False)
        assert first.segments[0].words == ()
        jobs.add("a", 1, said(2))
        jobs.add("a", 7, said(9))  # of a claim that has lost the job
        second = watch.since(first.position)
        assert (texts(second.segments), second.first) == ("2", 2)
        assert str(second.position) == "1.0.3"
        jobs.end("a")
        assert watch.since(second.position) == News(False, 3, (), second.position)
        assert texts(watch.since(Position.read("1.0.1")).segments) == "12"
        assert watch.since(Position.read("1.0.99")).position == second.position


def test_what_begins_anew_voids_what_was_heard() -> None:
    jobs = Board()
    jobs.begin("a", 1)
    with jobs.watch("a") as watch:
        jobs.begin("a", 1)
        assert watch.since(Position(1)).restarted is False, "nothing was heard"
        jobs.add("a", 1, said(0))
        heard = watch.since(Position(1, 1, 0)).position
        jobs.begin("a", 1)
        jobs.add("a", 1, said(5))
        again = watch.since(heard)
        assert (again.restarted, texts(again.segments), again.first) == (True, "5", 0)
        jobs.end("a")
        jobs.begin("a", 2)
        assert watch.since(again.position) == News(True, 0, (), Position(2, 0, 0))


def test_before_the_work_begins_here_what_was_heard_stands() -> None:
    jobs = Board()
    with jobs.watch("a") as watch:
        assert watch.since(Position(3, 0, 17)) == News(False, 17, (), Position(3, 0, 17))
        jobs.begin("a", 4)
        assert watch.since(Position(3, 0, 17)).restarted


def test_a_job_is_forgotten_once_it_is_neither_in_work_nor_watched() -> None:
    jobs = Board()
    with jobs.watch("a"), jobs.watch("a"):
        jobs.begin("a", 1)
        jobs.end("a")
        assert "a" in jobs._jobs
    jobs.end("never seen")
    assert jobs._jobs == {}
    jobs.begin("a", 1)
    with jobs.watch("a"):
        pass
    assert "a" in jobs._jobs
    jobs.end("a")
    assert jobs._jobs == {}


def test_the_oldest_segments_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MOST_SEGMENTS", 3)
    jobs = Board()
    jobs.begin("a", 1)
    jobs.add("a", 1, said(0, 1, 2, 3, 4))
    with jobs.watch("a") as watch:
        news = watch.since(Position(1, 0, 1))
    assert (news.first, texts(news.segments), news.position.heard) == (2, "234", 5)


def test_who_waits_hears_at_once_of_news_and_of_the_end() -> None:
    jobs = Board()
    with jobs.watch("a") as watch, ThreadPoolExecutor(1) as pool:
        for change in (lambda: jobs.begin("a", 1), lambda: jobs.add("a", 1, said(0)), lambda: jobs.end("a")):
            watch.since(Position())
            waiting = pool.submit(watch.wait, 600)
            change()
            assert waiting.result(IN_TIME) is True
        watch.since(Position())
        assert watch.wait(0.01) is True
        waiting = pool.submit(watch.wait, 600)
        jobs.close()
        assert waiting.result(IN_TIME) is False


def test_nobody_misses_anything_in_a_crowd() -> None:
    jobs, ready = Board(), threading.Barrier(9)

    def listen() -> str:
        heard, position = "", Position()
        with jobs.watch("a") as watch:
            ready.wait(IN_TIME)
            while len(heard) < 90 and watch.wait(IN_TIME):
                news = watch.since(position)
                heard, position = heard + texts(news.segments), news.position
        return heard

    with ThreadPoolExecutor(8) as pool:
        listening = [pool.submit(listen) for _ in range(8)]
        ready.wait(IN_TIME)
        jobs.begin("a", 1)
        for n in range(90):
            jobs.add("a", 1, said(n % 10))
        assert {one.result(IN_TIME) for one in listening} == {"0123456789" * 9}


@pytest.mark.parametrize("text", ["", "end", "1.2", "1.2.3.4", "-1.0.0", "1.0.x", f"1.0.{'9' * 50}"])
def test_a_position_that_makes_no_sense_is_the_beginning(text: str) -> None:
    assert Position.read(text) == Position()
