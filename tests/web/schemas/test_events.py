from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.test_jobs import ended, send
from web.schemas.events import JobEvent


def test_it_is_what_the_route_tells(client: FlaskClient) -> None:
    location = send(client).headers["Location"]
    ended(client, location)
    _, *told = client.get(f"{location}/events").text.strip().split("\n\n")
    assert told
    for block in told:
        JobEvent.model_validate(dict(line.split(": ", 1) for line in block.splitlines()), extra="forbid")
