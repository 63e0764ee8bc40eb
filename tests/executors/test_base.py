from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from executors.base import SILENT, run_jobs
from pipeline.types import Conversation
from tests.fakes import FakeProcessor, MakeJob


def test_the_result_carries_what_was_noticed_on_the_way_in(make_job: MakeJob) -> None:
    (conversation,) = run_jobs(FakeProcessor(), [make_job("meeting", num_speakers=2)], [SILENT])
    assert isinstance(conversation, Conversation)
    assert conversation.warnings[0] == "on the way in"
    assert conversation.warnings[1].startswith("1 channels, 2 speakers")
    assert conversation.duration == 0.5


def test_a_recording_that_cannot_be_read_or_processed_is_its_own_job_s_failure(make_job: MakeJob) -> None:
    jobs = [make_job("first"), replace(make_job("gone"), audio=Path("gone.wav")), make_job("fault"), make_job("last")]
    first, gone, fault, last = run_jobs(FakeProcessor(), jobs, [SILENT] * 4)
    assert isinstance(gone, Exception)
    assert isinstance(fault, RuntimeError)
    for outcome in (first, last):
        assert isinstance(outcome, Conversation)
        assert outcome.warnings[0] == "on the way in"
        assert outcome.warnings[-1] == "together: first fault last"
