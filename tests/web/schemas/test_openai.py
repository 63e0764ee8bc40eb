from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import given

from dialects import openai
from dialects.openai_events import Transcript
from pipeline.types import Conversation
from tests.dialects.conversations import conversations
from web.dialects.openai_stream import line
from web.schemas.openai import (
    OpenAIDiarized,
    OpenAIError,
    OpenAIEvent,
    OpenAIModels,
    OpenAITranscription,
    OpenAIVerbose,
)


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    for address, model in {"/v1/models": OpenAIModels, "/v1/models/none": OpenAIError}.items():
        answered = client.get(address).get_json()
        assert model.model_validate(answered, extra="forbid").model_dump() == answered


@given(conversations())
def test_they_are_what_the_dialect_writes(conversation: Conversation) -> None:
    made = {
        OpenAITranscription: openai.json(conversation),
        OpenAIVerbose: openai.verbose_json(conversation, ["segment", "word"]),
        OpenAIDiarized: openai.diarized_json(conversation),
    }
    for kind, body in made.items():
        assert kind.model_validate(body, extra="forbid").model_dump(exclude_unset=True) == body


@pytest.mark.parametrize("diarized", [False, True])
@given(conversation=conversations())
def test_an_event_is_what_the_stream_writes(diarized: bool, conversation: Conversation) -> None:
    for event in Transcript(diarized=diarized).done(conversation):
        fields = dict(row.split(": ", 1) for row in line(event).splitlines() if row)
        read = OpenAIEvent.model_validate(fields, extra="forbid")
        assert (read.event, json.loads(read.data)) == (event["type"], event)
