"""What browsers are told, and which pages may call."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from keys.key import Scope
from keys.store import KeyStore
from tests.web.conftest import Make
from tests.web.test_jobs import send
from web.context import service_of
from web.guard import public
from web.headers import CAREFUL

HOME = "https://example.org"


def assert_careful(response: Any) -> None:
    assert {name: response.headers.get(name) for name in CAREFUL} == CAREFUL
    assert response.headers["Cache-Control"] == "no-store"


def test_every_answer_is_careful_also_one_that_refuses(app: Flask, client: FlaskClient) -> None:
    accepted = send(client)
    asked = [client.get("/status"), client.get("/nowhere"), client.put("/jobs"), client.options("/jobs")]
    for response in (*asked, accepted, client.post("/jobs"), client.get(f"{accepted.location}/audio")):
        assert_careful(response)
    app.view_functions["jobs.index"] = public(lambda: 1 / 0)
    assert client.get("/jobs").status_code == 500
    assert_careful(client.get("/jobs"))
    KeyStore(service_of(app).engine).create("x", [Scope.READ])
    assert client.get(f"/jobs/{'0' * 32}").status_code == 401
    assert_careful(client.get(f"/jobs/{'0' * 32}"))


def test_nothing_may_run_or_be_framed() -> None:
    assert "default-src 'none'" in CAREFUL["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in CAREFUL["Content-Security-Policy"]
    assert CAREFUL["X-Content-Type-Options"] == "nosniff"


def test_a_view_may_have_a_policy_of_its_own(app: Flask, client: FlaskClient) -> None:
    own = "default-src 'self'"
    app.add_url_rule("/page", view_func=public(lambda: Response("", headers={"Content-Security-Policy": own})))
    headers = client.get("/page").headers
    assert headers.getlist("Content-Security-Policy") == [own]
    assert headers["X-Frame-Options"] == "DENY"


def allowed(response: Any) -> str | None:
    assert "Access-Control-Allow-Credentials" not in response.headers
    return response.headers.get("Access-Control-Allow-Origin")


def preflight(client: FlaskClient, url: str, method: str, origin: str = HOME) -> Any:
    asked = "authorization, idempotency-key, x-evil"
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
    return client.options(url, headers=headers)


def test_no_page_may_call_unless_it_is_allowed_to(client: FlaskClient) -> None:
    assert allowed(client.get("/status", headers={"Origin": HOME})) is None
    assert allowed(preflight(client, "/jobs", "POST")) is None


def test_a_page_of_an_allowed_origin_asks_first_without_a_key(make: Make) -> None:
    client = (app := make(cors_origins=f"{HOME},http://localhost:3000")).test_client()
    KeyStore(service_of(app).engine).create("x", [Scope.READ])
    for url, method in (("/jobs", "POST"), (f"/jobs/{'0' * 32}", "DELETE"), (f"/jobs/{'0' * 32}/result", "GET")):
        answer = preflight(client, url, method)
        assert (answer.status_code, allowed(answer)) == (200, HOME)
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization, idempotency-key"
        assert method in answer.headers["Access-Control-Allow-Methods"]
    refused = client.get("/jobs", headers={"Origin": HOME})
    assert (refused.status_code, allowed(refused)) == (401, HOME), "or the page could not read why"
    read = refused.headers["Access-Control-Expose-Headers"]
    assert {"Location", "Retry-After", "X-Request-ID"} <= set(read.split(", "))


@pytest.mark.parametrize(
    "origin", ["https://example.org.evil.net", "https://example-org", "http://example.org", "https://evil.example.org",
               "null", "https://example.org:8443"],
)  # fmt: skip
def test_other_origins_are_not_taken_for_an_allowed_one(make: Make, origin: str) -> None:
    client = make(cors_origins=HOME).test_client()
    assert allowed(client.get("/status", headers={"Origin": origin})) is None
    assert allowed(preflight(client, "/jobs", "POST", origin)) is None


def test_all_origins_are_allowed_by_name_and_never_with_credentials(make: Make) -> None:
    client = make(cors_origins="*").test_client()
    assert allowed(client.get("/status", headers={"Origin": HOME})) == "*"
    assert allowed(preflight(client, "/jobs", "POST")) == "*"
