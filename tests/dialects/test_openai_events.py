from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai.types.audio import TranscriptionStreamEvent
from pydantic import TypeAdapter

from dialects import openai
from dialects.openai_events import Transcript
from pipeline.types import Conversation
from tests.dialects.conversations import conversations
from tests.dialects.test_openai import TALK

EVENT: TypeAdapter[Any] = TypeAdapter(TranscriptionStreamEvent)


def deltas(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "transcript.text.delta")


@given(conversations(), st.data())
def test_it_comes_to_the_same_however_it_is_told(conversation: Conversation, data: st.DataObject) -> None:
    """In parts, and where the work begins again in the middle: from the first segment on."""
    count = len(conversation.segments)
    transcript, events = Transcript(diarized=True), list[dict[str, Any]]()
    for _ in range(data.draw(st.integers(0, 3))):
        first = data.draw(st.integers(0, min(count, sum(event["type"].endswith("delta") for event in events))))
        events += transcript.segments(first, conversation.segments[first : data.draw(st.integers(first, count))])
    events += transcript.done(conversation)
    for event in events:
        EVENT.validate_python(json.loads(json.dumps(event)), strict=True)
    whole = openai.diarized_json(conversation)
    assert deltas(events) == whole["text"] == events[-1]["text"]
    assert events[-1]["type"] == "transcript.text.done"
    told = [event for event in events if event["type"] == "transcript.text.segment"]
    assert [row | {"speaker": ""} for row in told] == [row | {"speaker": ""} for row in whole["segments"]]


def test_letters_are_those_of_the_result() -> None:
    events = [*Transcript(diarized=True).done(TALK)]
    speakers = [event["speaker"] for event in events if event["type"] == "transcript.text.segment"]
    assert speakers == [row["speaker"] for row in openai.diarized_json(TALK)["segments"]] == ["A", "B"]


def test_a_delta_names_its_segment_where_segments_are_told() -> None:
    plain, diarized = ([*Transcript(diarized=each).done(TALK)] for each in (False, True))
    assert [event["type"] for event in plain] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert all("segment_id" not in event for event in plain)
    assert [event["segment_id"] for event in diarized if "delta" in event] == ["seg_001", "seg_002"]
