from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from client import Conversation, Job, Segment, Word
from client.shapes import EVENTS
from formats.json import to_dict
from pipeline import types
from web.schemas import job as described
from web.schemas.events import JobEvent


def test_a_conversation_has_all_that_the_service_says_of_it() -> None:
    word = types.Word("Hello", 0.0, 0.5, confidence=0.5, speaker="SPEAKER_00")
    row = to_dict(types.Conversation((types.Segment("SPEAKER_00", 0.0, 0.5, "Hello", (word,)),)), words=True)
    conversation = Conversation.read({**row, "revision": "0", "added_later": 1})
    assert conversation.segments[0].words[0] == Word("Hello", 0.0, 0.5, "SPEAKER_00", 0.5, None, False, False)
    assert set(row) - {field.name for field in fields(Conversation)} == {"conversation"}
    assert conversation.raw["added_later"] == 1
    assert Segment.read({name: value for name, value in row["conversation"][0].items() if name != "words"}).words == ()


def test_a_job_has_the_fields_that_are_described() -> None:
    assert {field.name for field in fields(Job)} == set(described.Job.model_fields)


def test_every_event_that_is_described_has_its_type() -> None:
    assert set(EVENTS) == set(get_args(JobEvent.model_fields["event"].annotation))


@pytest.mark.parametrize("row", [{}, {"id": "1"}])
def test_a_row_that_lacks_something_is_none(row: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        Job.read(row)
