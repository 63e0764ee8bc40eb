from __future__ import annotations

import pytest

from errors import EmptyAudio
from executors.inline import InlineExecutor
from tests.fakes import FakeProcessor, MakeJob


def test_the_job_has_ended_when_submit_returns(make_job: MakeJob) -> None:
    executor = InlineExecutor(FakeProcessor())
    stages: list[str] = []
    future = executor.submit(make_job(), lambda stage, _: stages.append(stage))
    assert future.result(timeout=0).duration == 0.5
    assert stages == ["speech"]
    assert executor.state().ready
    assert executor.state().models == {"words": "fake"}
    assert (executor.state().profile, executor.state().readiness) == ("fakes", {"words": "ready"})
    assert executor.state().loaded == ("fakes",)


def test_an_error_is_the_futures(make_job: MakeJob) -> None:
    future = InlineExecutor(FakeProcessor()).submit(make_job("silence"))
    with pytest.raises(EmptyAudio):
        future.result(timeout=0)
