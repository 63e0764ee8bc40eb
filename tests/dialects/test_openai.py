from __future__ import annotations

import pytest

from dialects import openai
from dialects.refusal import Refusal


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "invalid_request_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_an_error_has_the_type_that_belongs_to_its_status(status: int, kind: str) -> None:
    made = openai.error(Refusal(status, "some_code", "A sentence.", "file"))
    assert made == {"error": {"message": "A sentence.", "type": kind, "param": "file", "code": "some_code"}}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("invalid_key", "invalid_api_key"), ("rate_limited", "rate_limit_exceeded")]
)
def test_codes_that_clients_look_for_have_the_names_that_they_know(ours: str, theirs: str) -> None:
    assert openai.error(Refusal(400, ours, "A sentence."))["error"]["code"] == theirs
