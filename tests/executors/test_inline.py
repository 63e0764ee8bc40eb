from __future__ import annotations

import pytest

from errors import EmptyAudio
from executors.base import Reports
from executors.inline import InlineExecutor
from pipeline.types import Segment
from tests.fakes import FakeProcessor, MakeJob


def test_the_job_has_ended_when_submit_returns(make_job: MakeJob) -> None:
    executor = InlineExecutor(FakeProcessor())
    stages, segments = list[str](), list[Segment]()
    future = executor.submit(make_job(), Reports(lambda stage, _: stages.append(stage), segments.extend))
    assert future.result(timeout=0).duration == 0.5
    assert stages == ["speech"]
    assert segments == list(future.result().segments)
    assert executor.state().ready
    assert executor.state().models == {"words": "fake"}
    assert (executor.state().profile, executor.state().readiness) == ("fakes", {"words": "ready"})
    assert executor.state().loaded == ("fakes",)


def test_an_error_is_the_futures(make_job: MakeJob) -> None:
    future = InlineExecutor(FakeProcessor()).submit(make_job("silence"))
    with pytest.raises(EmptyAudio):
        future.result(timeout=0)
