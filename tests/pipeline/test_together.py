"""Works that ask for words together, without models: who gets which answer, and whose failure is whose."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import numpy as np

from pipeline.recogniser import Recogniser, Spoken
from pipeline.together import Work, run_together
from pipeline.types import Audio, Conversation, Transcript


class Echo(Recogniser):
    """Every recording's words are its name; one called "bad" spoils whatever it is heard with."""

    def __init__(self) -> None:
        self.heard: list[list[str]] = []

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        self.heard.append([one.audio.name for one in spoken])
        for one in spoken:
            assert one.on_progress is not None
            one.on_progress(0.5)
        if any(one.audio.name == "bad" for one in spoken):
            raise RuntimeError("bad")
        return [Transcript(language=one.audio.name) for one in spoken]


@contextmanager
def stage(told: list[float]) -> Generator[Callable[[float], None]]:
    yield told.append
    told.append(1.0)


def spoken(name: str) -> Spoken:
    return Spoken(Audio(np.zeros(1, np.float32), name), [])


def asking(*names: str, told: list[float] | None = None) -> Work:
    """Asks for one after another; its conversation's warnings are the answers."""
    answers: list[str] = []
    for name in names:
        transcript = yield stage(told if told is not None else []), spoken(name)
        answers.append(str(transcript.language))
    return Conversation(warnings=tuple(answers))


def forgiving(name: str) -> Work:
    try:
        yield stage([]), spoken(name)
    except RuntimeError:
        return Conversation(warnings=("forgiven",))
    raise AssertionError("it was written after all")


def failing() -> Work:
    yield stage([]), spoken("e")
    raise ValueError("merge")


def test_each_gets_its_own_answers_and_all_of_a_round_are_heard_at_once() -> None:
    echo, told = Echo(), list[float]()
    results = run_together([asking("a"), asking("b", "c", "d", told=told), asking()], echo)
    assert [result.warnings for result in results if isinstance(result, Conversation)] == [("a",), ("b", "c", "d"), ()]
    assert echo.heard == [["a", "b"], ["c"], ["d"]]
    assert told == [0.5, 1.0] * 3


def test_what_one_asks_costs_the_others_nothing() -> None:
    echo = Echo()
    good, bad, forgiven, broken = run_together([asking("a"), asking("bad"), forgiving("bad"), failing()], echo)
    assert isinstance(good, Conversation)
    assert good.warnings == ("a",)
    assert isinstance(bad, RuntimeError)
    assert isinstance(forgiven, Conversation)
    assert forgiven.warnings == ("forgiven",)
    assert isinstance(broken, ValueError)
    assert echo.heard == [["a", "bad", "bad", "e"], ["a"], ["bad"], ["bad"], ["e"]]


def test_a_stage_ends_with_its_answer() -> None:
    """Its seconds are not those of what the work does afterwards."""
    ended: list[str] = []

    @contextmanager
    def timed() -> Generator[Callable[[float], None]]:
        yield lambda fraction: None
        ended.append("words")

    def work() -> Work:
        yield timed(), spoken("a")
        ended.append("merge")
        return Conversation()

    (result,) = run_together([work()], Echo())
    assert isinstance(result, Conversation)
    assert ended == ["words", "merge"]


def test_nothing_is_no_work() -> None:
    assert run_together([], Echo()) == []


@contextmanager
def taken_back(at: str) -> Generator[Callable[[float], None]]:
    """A stage whose recording was cancelled when it begins, or when it ends."""
    if at == "begin":
        raise KeyError(at)
    yield lambda fraction: None
    raise KeyError(at)


def cancelled(at: str) -> Work:
    yield taken_back(at), spoken(at)
    raise AssertionError("it goes on")


def test_what_is_taken_back_costs_the_others_nothing() -> None:
    echo = Echo()
    first, good, last = run_together([cancelled("begin"), asking("a"), cancelled("end")], echo)
    assert isinstance(first, KeyError)
    assert isinstance(good, Conversation)
    assert good.warnings == ("a",)
    assert isinstance(last, KeyError)
    assert echo.heard == [["a", "end"]]
    assert [type(one) for one in run_together([cancelled("begin")], echo)] == [KeyError]
