from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from jobs.states import State
from tests.web.test_jobs import ended, send
from web.schemas.job import Job, JobPage, JobsQuery


def test_they_are_what_the_routes_answer(client: FlaskClient) -> None:
    done, failed = (ended(client, send(client, name).headers["Location"]) for name in ("audio.wav", "silence.wav"))
    assert (done["state"], failed["state"]) == ("done", "failed")
    for job in (done, failed):
        assert Job.model_validate(job, extra="forbid").model_dump(mode="json") == job
    page = json.loads(client.get("/jobs?limit=1").text)
    assert JobPage.model_validate(page, extra="forbid").model_dump(mode="json") == page


@pytest.mark.parametrize(
    ("text", "states"), [("", []), ("done", [State.DONE]), (",queued,,failed,", [State.QUEUED, State.FAILED])]
)
def test_states_apart_by_commas(text: str, states: list[State]) -> None:
    assert JobsQuery.model_validate({"state": text}).states == states


@pytest.mark.parametrize("given", [{"state": "done;failed"}, {"limit": 201}, {"before": 0}, {"before": 2**31}])
def test_what_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JobsQuery.model_validate(given)
