"""Several recordings in work at once: each is a generator that asks for words, and what all of them ask for is heard
together, because one short recording leaves most of a machine idle."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

from pipeline.recogniser import Progress, Recogniser, Spoken
from pipeline.types import Conversation, Transcript

# Yields the stage that the words belong to, with what is spoken, and gets the transcript sent.
Stage = AbstractContextManager[Progress]
Work = Generator[tuple[Stage, Spoken], Transcript, Conversation]
Answer = Transcript | Exception


def run_together(works: Sequence[Work], recogniser: Recogniser) -> list[Conversation | Exception]:
    """What each work returned or raised; none harms another."""
    ended: dict[int, Conversation | Exception] = {}
    asked = {}
    for index, work in enumerate(works):
        _go_on(index, work, None, asked, ended)
    while asked:
        answers, asked = _written(recogniser, asked), {}
        for index, answer in answers.items():
            _go_on(index, works[index], answer, asked, ended)
    return [ended[index] for index in range(len(works))]


def _go_on(
    index: int,
    work: Work,
    answer: Answer | None,
    asked: dict[int, tuple[Stage, Spoken]],
    ended: dict[int, Conversation | Exception],
) -> None:
    """Run one work to its next question or to its end."""
    try:
        if isinstance(answer, Exception):
            asked[index] = work.throw(answer)
        else:
            asked[index] = next(work) if answer is None else work.send(answer)
    except StopIteration as end:
        ended[index] = end.value
    except Exception as error:
        ended[index] = error


def _written(recogniser: Recogniser, asked: Mapping[int, tuple[Stage, Spoken]]) -> dict[int, Answer]:
    """A stage tells of its beginning and end, and whoever is told may have taken the recording back: that raises."""
    answers, spoken = dict[int, Answer](), dict[int, Spoken]()
    with ExitStack() as left:
        stages = {index: left.enter_context(ExitStack()) for index in asked}
        for index, (stage, one) in asked.items():
            try:
                spoken[index] = replace(one, on_progress=stages[index].enter_context(stage))
            except Exception as error:
                answers[index] = error
        heard = _each(recogniser, [*spoken.values()]) if spoken else []
        for index, answer in zip(spoken, heard, strict=True):
            answers[index] = _closed(stages[index], answer)
    return answers


def _closed(stage: ExitStack, answer: Answer) -> Answer:
    try:
        stage.close()
    except Exception as error:
        return error
    return answer


def _each(recogniser: Recogniser, spoken: Sequence[Spoken]) -> list[Answer]:
    """Where the recogniser fails on all of them, each is tried alone: what one asked must not cost the others."""
    try:
        return [*recogniser.transcribe_all(spoken)]
    except Exception as error:
        return [error] if len(spoken) == 1 else [answer for one in spoken for answer in _each(recogniser, [one])]
