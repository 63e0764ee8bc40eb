from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from web.schemas.session import NewSession, Session


def test_it_is_what_the_route_answers(client: FlaskClient) -> None:
    answered = client.get("/session").get_json()
    assert Session.model_validate(answered, extra="forbid").model_dump() == answered


def test_no_key_is_that_long() -> None:
    with pytest.raises(ValidationError):
        NewSession(key="x" * 513)
