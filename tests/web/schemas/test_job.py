from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from jobs.states import State
from jobs.webhooks.delivery import message
from tests.web.test_jobs import ended, send
from web.context import service_of
from web.schemas.job import Job, JobPage, JobsQuery, Message


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    done, failed = (ended(client, send(client, name).headers["Location"]) for name in ("audio.wav", "silence.wav"))
    assert (done["state"], failed["state"]) == ("done", "failed")
    for job in (done, failed):
        assert Job.model_validate(job, extra="forbid").model_dump(mode="json") == job
    page = json.loads(client.get("/jobs?limit=1").text)
    assert JobPage.model_validate(page, extra="forbid").model_dump(mode="json") == page


def test_a_message_is_what_a_webhook_is_sent(app: Flask) -> None:
    location = send(app.test_client()).headers["Location"]
    ended(app.test_client(), location)
    sent = message(service_of(app).job(location.rpartition("/")[2], owner=None))
    assert Message.model_validate_json(sent, extra="forbid").model_dump(mode="json") == json.loads(sent)


@pytest.mark.parametrize(
    ("text", "states"), [("", []), ("done", [State.DONE]), (",queued,,failed,", [State.QUEUED, State.FAILED])]
)
def test_states_apart_by_commas(text: str, states: list[State]) -> None:
    assert JobsQuery.model_validate({"state": text}).states == states


@pytest.mark.parametrize("given", [{"state": "done;failed"}, {"limit": 201}, {"before": 0}, {"before": 2**31}])
def test_what_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JobsQuery.model_validate(given)
