from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.dialects.test_openai import refused, send


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"response_format": "docx"}, "response_format"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"timestamp_granularities": ["letter"], "response_format": "verbose_json"}, "timestamp_granularities"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
        ({"stream": "perhaps"}, "stream"),
        ({"temperature": "2"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"temperature": "warm"}, "temperature"),
        ({"language": "klingon"}, "language"),
        ({"languages": ["de", "klingon"]}, "languages"),
        ({"include": ["tokens"]}, "include"),
        ({"chunking_strategy": "manual"}, "chunking_strategy"),
        ({"chunking_strategy": '{"type": "other"}'}, "chunking_strategy"),
        ({"keywords": ["x" * 1000]}, "keywords"),
        ({"keywords": ["," * 200_000]}, "keywords"),
        ({"num_speakers": "0"}, "num_speakers"),
        ({"response_format": ["json", "text"]}, "response_format"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_the_parameter(
    talk: FlaskClient, fields: dict[str, Any], param: str
) -> None:
    assert refused(send(talk, **fields)) == (400, "invalid_option", param)


def test_a_model_that_is_not_there_is_not_found(talk: FlaskClient) -> None:
    assert refused(send(talk, model="whisper-9")) == (404, "model_not_found", "model")


def test_a_profile_is_a_model_too(talk: FlaskClient) -> None:
    assert send(talk, model="talk").status_code == 200


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"temperature": "0", "chunking_strategy": "auto"}, None),
        ({"temperature": "0.5"}, "temperature"),
        ({"prompt": "Anna", "include": ["logprobs"]}, "prompt, include"),
        ({"chunking_strategy": '{"type": "server_vad", "threshold": 0.5}'}, "chunking_strategy"),
        ({"chunking_strategy[type]": "server_vad"}, "chunking_strategy"),
        ({"languages": ["de"]}, None),
        ({"languages": ["de", "en"]}, "languages"),
        ({"keywords": ["Anna"]}, "keywords"),
        ({"seed": "1", "best_of": "2"}, "best_of, seed"),
    ],
)
def test_what_has_no_effect_is_named(talk: FlaskClient, fields: dict[str, Any], names: str | None) -> None:
    response = send(talk, **fields)
    assert response.status_code == 200
    assert response.headers.get("X-Ignored-Parameters") == names
    warnings = response.get_json().get("warnings", [])
    for name in names.split(", ") if names else []:
        assert f"{name} has no effect here." in warnings


def test_a_language_is_told_to_the_recogniser(talk: FlaskClient) -> None:
    for fields in ({"language": "DE"}, {"languages": ["de"]}):
        assert send(talk, response_format="verbose_json", **fields).get_json()["language"] == "german"
