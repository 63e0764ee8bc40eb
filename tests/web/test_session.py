from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from executors.inline import InlineExecutor
from keys.key import KeyRecord, Scope, new_text
from keys.store import KeyStore
from tests.fakes import FakeProcessor, fake_settings
from tests.web.test_diarize import error_of
from tests.web.test_jobs import send
from web.context import service_of
from web.cookies import NAME

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}  # as a page of this server sends it
CROSS = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
BOTH = (Scope.READ, Scope.WRITE)
Make = Callable[..., tuple[str, KeyRecord]]


@pytest.fixture
def make(app: Flask) -> Make:
    """make(*scopes): a key's text and record."""
    return lambda *scopes, **values: KeyStore(service_of(app).engine).create("my key", scopes or BOTH, **values)


def begin(client: FlaskClient, text: str, headers: dict[str, str] = OWN) -> TestResponse:
    return client.post("/session", json={"key": text}, headers=headers)


def told(client: FlaskClient, **headers: str) -> dict[str, Any]:
    return client.get("/session", headers=headers).get_json()


def test_a_key_becomes_a_cookie_that_is_as_good(client: FlaskClient, make: Make) -> None:
    text, _ = make()
    assert error_of(client.get("/jobs", headers=OWN))[:2] == (401, "missing_key")
    begun = begin(client, f" {text}\n")
    assert begun.get_json() == {"needed": True, "valid": True, "name": "my key", "scopes": ["jobs:read", "jobs:write"]}
    id = send(client, headers=OWN).get_json()["id"]
    for address in ("", "/audio", "/peaks", "/events"):
        assert client.get(f"/jobs/{id}{address}", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    by_header = client.get("/jobs", headers={"X-API-Key": text}).get_json()
    assert [job["id"] for job in by_header["jobs"]] == [id], "the job is the key's"


def test_an_end_forgets_it(client: FlaskClient, make: Make) -> None:
    begin(client, make()[0])
    assert client.get("/jobs", headers=OWN).status_code == 200
    assert client.delete("/session", headers=OWN).status_code == 204
    assert client.get_cookie(NAME) is None
    assert client.get("/jobs", headers=OWN).status_code == 401


@pytest.mark.parametrize("given", ["", "x", "dk_aaaaaaaa_" + "x" * 43, "x\xff", "a b"])
def test_a_wrong_key_is_no_cookie(client: FlaskClient, make: Make, given: str) -> None:
    make()
    refused = begin(client, given or new_text())
    assert error_of(refused) == (401, "invalid_key", None)
    assert "Set-Cookie" not in refused.headers
    assert client.get_cookie(NAME) is None


def test_what_is_no_key_at_all(client: FlaskClient) -> None:
    assert error_of(client.post("/session", json={}, headers=OWN)) == (400, "invalid_option", "key")
    assert error_of(client.post("/session", data="key=x", headers=OWN))[0] == 400


def test_a_revoked_key_is_refused_in_the_cookie_too(app: Flask, client: FlaskClient, make: Make) -> None:
    text, record = make()
    begin(client, text)
    KeyStore(service_of(app).engine).revoke(record.id)
    assert error_of(client.get("/jobs", headers=OWN))[:2] == (401, "invalid_key")
    assert told(client, **OWN) == {"needed": True, "valid": False, "name": None, "scopes": []}


def test_the_cookie_has_the_scopes_of_its_key(client: FlaskClient, make: Make) -> None:
    begin(client, make(Scope.READ)[0])
    assert client.get("/jobs", headers=OWN).status_code == 200
    assert error_of(send(client, headers=OWN))[:2] == (403, "missing_scope")
    assert told(client, **OWN)["scopes"] == ["jobs:read"]


def test_a_key_in_a_header_counts_before_the_cookie(client: FlaskClient, make: Make) -> None:
    begin(client, make(Scope.READ)[0])
    writer, _ = make(Scope.WRITE)
    assert send(client, headers=OWN | {"X-API-Key": writer}).status_code == 202
    wrong = {"Authorization": f"Bearer {new_text()}"}
    assert error_of(client.get("/jobs", headers=OWN | wrong))[:2] == (401, "invalid_key")


@pytest.mark.parametrize(
    "foreign", [CROSS, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:81"}]
)
def test_pages_from_elsewhere_use_no_cookie_and_set_none(
    client: FlaskClient, make: Make, foreign: dict[str, str]
) -> None:
    text, _ = make()
    begin(client, text)
    assert error_of(client.get("/jobs", headers=foreign))[:2] == (401, "missing_key")
    assert error_of(send(client, headers=foreign))[:2] == (401, "missing_key")
    assert error_of(client.delete("/session", headers=foreign))[:2] == (403, "foreign_origin")
    client.delete_cookie(NAME)
    assert error_of(begin(client, text, foreign))[:2] == (403, "foreign_origin")
    assert client.get_cookie(NAME) is None


def test_what_tells_no_origin_may_read_with_it_and_change_nothing(client: FlaskClient, make: Make) -> None:
    """As an older browser's audio element: SameSite keeps the cookie from other sites there."""
    begin(client, make()[0])
    assert client.get("/jobs").status_code == 200
    assert error_of(send(client))[:2] == (401, "missing_key")


def test_where_nobody_needs_a_key_none_is_asked_for_and_anothers_cookie_does_no_harm(client: FlaskClient) -> None:
    expected = {"needed": False, "valid": False, "name": None, "scopes": ["jobs:read", "jobs:write", "metrics"]}
    assert told(client) == expected
    client.set_cookie(NAME, new_text())  # that of a service on another port
    assert told(client, **OWN) == expected
    assert client.get("/jobs", headers=OWN).status_code == 200
    assert send(client, headers=OWN).status_code == 202


def test_where_anybody_may_come_a_cookie_still_has_its_own_jobs(tmp_path: Path) -> None:
    app = create_app(
        fake_settings(tmp_path, flask_host="0.0.0.0", allow_anonymous=True), InlineExecutor(FakeProcessor())
    )
    client, (text, _) = app.test_client(), KeyStore(service_of(app).engine).create("x", BOTH)
    id = send(client, headers={"X-API-Key": text}).get_json()["id"]
    assert client.get("/jobs").get_json()["jobs"] == []
    assert begin(client, text).get_json()["needed"] is False
    assert [job["id"] for job in client.get("/jobs", headers=OWN).get_json()["jobs"]] == [id]
    service_of(app).close()


def test_another_systems_routes_take_keys_in_headers_alone(client: FlaskClient, make: Make) -> None:
    begin(client, make()[0])
    assert client.get("/v1/models", headers=OWN).status_code == 401


def test_who_tries_keys_is_counted(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, rate_limit=3), InlineExecutor(FakeProcessor()))
    KeyStore(service_of(app).engine).create("x", BOTH)
    client, far = app.test_client(), {"REMOTE_ADDR": "192.0.2.1"}
    tried = [client.post("/session", json={"key": "x"}, environ_base=far).status_code for _ in range(4)]
    assert tried == [401, 401, 401, 429]
    assert client.get("/session", environ_base=far).status_code == 429
    assert client.get("/status", environ_base=far).status_code == 200
    service_of(app).close()


def test_the_key_is_in_no_log(client: FlaskClient, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text, _ = make()
    for given in (text, new_text()):
        answered = begin(client, given)
        client.get("/jobs", headers=OWN)
        assert given not in answered.text + caplog.text
