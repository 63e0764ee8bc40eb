from __future__ import annotations

from executors.base import run_job
from tests.fakes import FakeProcessor, MakeJob


def test_the_result_carries_what_was_noticed_on_the_way_in(make_job: MakeJob) -> None:
    conversation = run_job(FakeProcessor(), make_job("meeting", num_speakers=2))
    assert conversation.warnings[0] == "on the way in"
    assert conversation.warnings[1].startswith("1 channels, 2 speakers")
    assert conversation.duration == 0.5
