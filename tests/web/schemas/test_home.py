from __future__ import annotations

from flask.testing import FlaskClient

from web.schemas.home import Home


def test_it_is_what_the_route_answers(client: FlaskClient) -> None:
    answered = client.get("/").get_json()
    assert Home.model_validate(answered, extra="forbid").model_dump() == answered
