from __future__ import annotations

from flask.testing import FlaskClient

from web.schemas.openai import OpenAIError, OpenAIModels


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    for address, model in {"/v1/models": OpenAIModels, "/v1/models/none": OpenAIError}.items():
        answered = client.get(address).get_json()
        assert model.model_validate(answered, extra="forbid").model_dump() == answered
