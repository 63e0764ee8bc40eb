from __future__ import annotations

import inspect

import pytest
from deepgram.listen.v1.media.client import MediaClient
from flask.testing import FlaskClient

from settings import ROOT
from tests.fakes import wav
from web.schemas.deepgram import DeepgramError, Listened, ListenQuery

PAGE = (ROOT / "docs" / "dialects" / "deepgram.md").read_text()
PARAMETERS = {*inspect.signature(MediaClient.transcribe_file).parameters} - {"self", "request", "request_options"}
WITH = {"callback_method": "callback", "custom_topic_mode": "custom_topic", "custom_intent_mode": "custom_intent"}


def test_they_are_what_the_route_answers(client: FlaskClient) -> None:
    query = "smart_format=true&diarize=true&utterances=true&detect_language=true&tag=a&extra=a:b"
    answered = client.post(f"/v1/listen?{query}", data=wav()).get_json()
    assert Listened.model_validate(answered, extra="forbid").model_dump() == answered
    refused = client.post("/v1/listen", data=b"").get_json()
    assert DeepgramError.model_validate(refused, extra="forbid").model_dump() == refused


@pytest.mark.parametrize("name", sorted({*PARAMETERS, *ListenQuery.model_fields}))
def test_every_parameter_is_on_the_page(name: str) -> None:
    """By its own name, or that of what it belongs to."""
    assert f"`{WITH.get(name, name)}`" in PAGE
