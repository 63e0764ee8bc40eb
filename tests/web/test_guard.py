"""Who passes, route by route, and whose jobs they see."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from executors.inline import InlineExecutor
from keys.key import Scope, new_text
from keys.store import KeyStore
from tests.fakes import SECRET, FakeProcessor, fake_settings, wait_until, wav
from tests.web.faults import told
from tests.web.test_diarize import error_of
from tests.web.test_jobs import send
from web.context import service_of
from web.dialects.known import dialect_of
from web.guard import needed_scope, needs, public

PUBLIC = {
    "/",
    "/page/<path:name>",
    "/session",
    "/status",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/<name>",
}
Key = Callable[..., dict[str, str]]
BOTH = (Scope.READ, Scope.WRITE)


@pytest.fixture
def keys(app: Flask) -> KeyStore:
    return KeyStore(service_of(app).engine)


@pytest.fixture
def key(keys: KeyStore) -> Key:
    """key(*scopes): the headers of a new key."""
    return lambda *scopes: {"Authorization": f"Bearer {keys.create('x', scopes or BOTH)[0]}"}


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, address, rule) of each, with an id of nobody's job."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            address = rule.rule
            for name in rule.arguments:
                address = re.sub(f"<(path:)?{name}>", "0" * 32, address)
            yield method, address, rule.rule


def job_of(response: TestResponse) -> str:
    assert response.status_code == 202, response.text
    return json.loads(response.text)["id"]


def submit(client: FlaskClient, headers: dict[str, str], **more: str) -> str:
    id = job_of(send(client, headers={**headers, **more}))
    wait_until(lambda: client.get(f"/jobs/{id}", headers=headers).get_json()["ended_at"])
    return id


def test_on_loopback_nobody_needs_a_key_until_there_is_one(client: FlaskClient, keys: KeyStore) -> None:
    assert client.get("/jobs").status_code == 200
    _, record = keys.create("x", BOTH)
    assert error_of(client.get("/jobs")) == (401, "missing_key", None)
    keys.revoke(record.id)
    assert error_of(client.get("/jobs")) == (401, "missing_key", None), "a revoked key opens no door"


@pytest.mark.parametrize(
    ("values", "status"),
    [({"flask_host": "0.0.0.0"}, 401), ({"flask_host": "0.0.0.0", "allow_anonymous": True}, 200)],
)
def test_on_another_address_a_key_is_needed_although_there_is_none(
    values: dict[str, Any], status: int, tmp_path: Path
) -> None:
    app = create_app(fake_settings(tmp_path, **values), InlineExecutor(FakeProcessor()))
    assert app.test_client().get("/jobs").status_code == status
    service_of(app).close()


def test_where_anybody_may_come_a_wrong_key_is_refused_and_a_right_one_has_its_own_jobs(tmp_path: Path) -> None:
    app = create_app(fake_settings(tmp_path, allow_anonymous=True), InlineExecutor(FakeProcessor()))
    client, keys = app.test_client(), KeyStore(service_of(app).engine)
    mine = {"X-API-Key": keys.create("x", BOTH)[0]}
    id, anybodys = submit(client, mine), submit(client, {})
    assert error_of(client.get("/jobs", headers={"X-API-Key": new_text()}))[:2] == (401, "invalid_key")
    assert [job["id"] for job in client.get("/jobs").get_json()["jobs"]] == [anybodys]
    assert [job["id"] for job in client.get("/jobs", headers=mine).get_json()["jobs"]] == [id]
    service_of(app).close()


def test_every_route_needs_a_key_but_those_that_are_named_here(app: Flask, client: FlaskClient, key: Key) -> None:
    key()
    seen = set[str]()
    for method, address, rule in routes(app):
        response = client.open(address, method=method)
        if rule in PUBLIC:
            assert response.status_code not in (401, 403), rule
        else:
            status, message = told(response)
            assert (status, message.split(":")[0]) == (401, "An API key is needed"), rule
            assert response.headers["WWW-Authenticate"] == dialect_of(rule).challenge
        seen.add(rule)
    assert seen > PUBLIC


def test_every_route_wants_its_scope(app: Flask, client: FlaskClient, key: Key) -> None:
    others = {wanted: key(*(set(Scope) - {wanted, Scope.ADMIN})) for wanted in Scope}
    admin, checked = key(Scope.ADMIN), set[Scope]()
    for method, address, rule in routes(app):
        view = app.view_functions[app.url_map.bind("").match(address, method)[0]]
        if (scope := needed_scope(view, method)) is None:
            continue
        response = client.open(address, method=method, headers=others[scope])
        assert told(response) == (403, f"The API key lacks the scope {scope}."), rule
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
        assert client.open(address, method=method, headers=admin).status_code not in (401, 403), rule
        checked.add(scope)
    assert {Scope.READ, Scope.WRITE} <= checked


def test_marks_survive_a_wrapper_and_an_unmarked_view_is_judged_by_its_method() -> None:
    def view() -> None: ...

    assert [needed_scope(view, method) for method in ("GET", "HEAD")] == [Scope.READ] * 2
    assert [needed_scope(view, method) for method in ("POST", "PATCH", "DELETE", "PUT", "ODD")] == [Scope.WRITE] * 5
    assert needed_scope(wraps(needs(Scope.METRICS)(view))(lambda: None), "GET") == Scope.METRICS
    assert needed_scope(public(view), "POST") is None


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_no_such_route_and_a_wrong_method_are_told_without_a_key(client: FlaskClient, key: Key, method: str) -> None:
    key()
    assert client.open("/nowhere", method=method).status_code == 404
    assert client.put("/jobs").status_code == 405


@pytest.mark.parametrize("form", ["Bearer {}", "bearer   {} ", "BEARER {}"])
def test_a_key_in_the_standard_header_or_in_one_of_its_own(client: FlaskClient, keys: KeyStore, form: str) -> None:
    text, _ = keys.create("x", BOTH)
    assert client.get("/jobs", headers={"Authorization": form.format(text)}).status_code == 200
    assert client.get("/jobs", headers={"X-API-Key": text}).status_code == 200
    proxys = {"Authorization": "Basic dXNlcjpw", "X-API-Key": text}
    assert client.get("/jobs", headers=proxys).status_code == 200


@pytest.mark.parametrize("given", ["{}x", "dk_", "", "x\xff", "{0} {0}", "dk_aaaaaaaa_" + "x" * 43])
def test_a_wrong_key_is_refused_and_nowhere_repeated(
    client: FlaskClient, keys: KeyStore, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = given.format(keys.create("x", BOTH)[0])
    for headers in ({"Authorization": f"Bearer {text}"}, {"X-API-Key": text}):
        response = client.get("/jobs", headers=headers)
        assert error_of(response)[:2] == (401, "invalid_key")
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
        if len(text) > 5:
            assert text not in response.text + str(response.headers) + caplog.text


def test_a_key_is_in_no_log_not_even_that_of_a_fault(
    app: Flask, client: FlaskClient, keys: KeyStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    text, _ = keys.create("x", BOTH)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"cannot use {text}")

    monkeypatch.setattr(service_of(app), "jobs", fail)
    response = client.get("/jobs", headers={"X-API-Key": text})
    assert response.status_code == 500
    assert "RuntimeError" in caplog.text
    assert text not in response.text + caplog.text


def test_another_keys_jobs_do_not_exist(app: Flask, client: FlaskClient, key: Key) -> None:
    mine, yours, admin = key(), key(), key(Scope.ADMIN)
    id = submit(client, mine)
    diarized = client.post("/diarize", data={"audio": (io.BytesIO(wav()), "a.wav")}, headers=mine)
    assert diarized.status_code == 200
    nobodys = client.get(f"/jobs/{'0' * 32}", headers=yours)
    checked = 0
    for method, address, rule in routes(app):
        if rule.startswith("/jobs/<"):
            response = client.open(address.replace("0" * 32, id), method=method, headers=yours)
            assert (response.status_code, response.text) == (404, nobodys.text), (method, rule)
            checked += 1
    assert checked >= 4
    assert client.get("/jobs", headers=yours).get_json()["jobs"] == []
    for headers in (mine, admin):
        listed = client.get("/jobs", headers=headers).get_json()["jobs"]
        assert len(listed) == 2
        assert listed[1]["id"] == id
        assert SECRET in client.get(f"/jobs/{id}/result", headers=headers).text
    assert client.delete(f"/jobs/{id}", headers=admin).status_code == 204
    assert client.get(f"/jobs/{id}", headers=mine).status_code == 404


def test_an_idempotency_key_is_its_owners(client: FlaskClient, key: Key) -> None:
    mine, yours = key(), key()
    first = submit(client, mine, **{"Idempotency-Key": "k"})
    assert submit(client, yours, **{"Idempotency-Key": "k"}) != first
    assert submit(client, mine, **{"Idempotency-Key": "k"}) == first
