"""How many requests, and how many open jobs, one caller may have."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from keys.key import Scope, new_text
from keys.store import KeyStore
from tests.fakes import files_below, wav
from tests.held import HeldExecutor
from tests.web.conftest import Make
from tests.web.test_diarize import error_of
from tests.web.test_jobs import send
from web.context import service_of
from web.limits import network

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def key(app: Flask, *scopes: Scope) -> dict[str, str]:
    return {"X-API-Key": KeyStore(service_of(app).engine).create("x", scopes or (Scope.READ, Scope.WRITE))[0]}


def statuses(client: FlaskClient, count: int, url: str = "/jobs", **request: Any) -> list[int]:
    return [client.get(url, **request).status_code for _ in range(count)]


def test_each_key_has_so_many_requests_on_all_routes_together(make: Make) -> None:
    client = (app := make(rate_limit=3)).test_client()
    mine, yours = key(app), key(app)
    assert statuses(client, 2, headers=mine) + statuses(client, 1, f"/jobs/{'0' * 32}", headers=mine) == [200, 200, 404]
    refused = client.get("/jobs", headers=mine)
    assert error_of(refused) == (429, "rate_limited", None)
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert statuses(client, 3, headers=yours) == [200] * 3


def test_a_refusal_costs_no_upload(make: Make, tmp_path: Path) -> None:
    client = (app := make(rate_limit=1)).test_client()
    mine = key(app)
    assert send(client, headers=mine).status_code == 202
    before = files_below(tmp_path / "tmp")
    assert error_of(send(client, headers=mine))[:2] == (429, "rate_limited")
    assert files_below(tmp_path / "tmp") == before


def test_who_has_no_key_is_counted_by_address_but_not_on_this_machine(make: Make) -> None:
    client = make(rate_limit=2, allow_anonymous=True).test_client()
    assert statuses(client, 5) == [200] * 5
    assert statuses(client, 3, environ_overrides=ELSEWHERE) == [200, 200, 429]
    assert statuses(client, 1, environ_overrides={"REMOTE_ADDR": "192.0.2.8"}) == [200]


def test_those_who_try_keys_are_counted_too(make: Make) -> None:
    client = (app := make(rate_limit=2, flask_host="0.0.0.0")).test_client()
    mine = key(app)
    tried = [client.get("/jobs", headers={"X-API-Key": new_text()}, environ_overrides=ELSEWHERE) for _ in range(3)]
    assert [response.status_code for response in tried] == [401, 401, 429]
    assert statuses(client, 1, headers=mine, environ_overrides=ELSEWHERE) == [200], "whoever else is at that address"


def test_what_needs_no_key_is_not_counted(make: Make) -> None:
    client = make(rate_limit=1, flask_host="0.0.0.0").test_client()
    assert statuses(client, 3, "/status", environ_overrides=ELSEWHERE) == [200] * 3
    assert statuses(client, 3, "/nowhere", environ_overrides=ELSEWHERE) == [404] * 3


def test_no_limit(make: Make) -> None:
    client = make(rate_limit=0, allow_anonymous=True).test_client()
    assert statuses(client, 3, environ_overrides=ELSEWHERE) == [200] * 3


def test_an_address_behind_a_proxy_is_believed_only_where_the_proxy_is(make: Make) -> None:
    def ask(client: FlaskClient, *forwarded: str) -> list[int]:
        given = [{"X-Forwarded-For": f"198.51.100.9, {one}"} for one in forwarded]
        return [client.get("/jobs", headers=one, environ_overrides=ELSEWHERE).status_code for one in given]

    trusting = make(rate_limit=1, allow_anonymous=True, trusted_proxies=1)
    assert ask(trusting.test_client(), "203.0.113.1", "203.0.113.2", "203.0.113.1") == [200, 200, 429]
    service_of(trusting).close()
    assert ask(make(rate_limit=1, allow_anonymous=True).test_client(), "203.0.113.1", "203.0.113.2") == [200, 429]


@pytest.mark.parametrize(("trusted", "scheme"), [(0, "http"), (1, "https")])
def test_links_have_the_scheme_of_a_proxy_that_is_believed(make: Make, trusted: int, scheme: str) -> None:
    client = make(trusted_proxies=trusted).test_client()
    forwarded = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    address = client.post("/v2/upload", data=wav(), headers=forwarded).get_json()["upload_url"]
    assert address.startswith(f"{scheme}://localhost/")


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2::9", "2001:db8:1:2::"),
     ("::ffff:192.0.2.7", "::ffff:192.0.2.7"), ("unknown", "unknown"), ("x" * 99, "x" * 64)],
)  # fmt: skip
def test_what_one_client_is_taken_to_have(address: str, counted_as: str) -> None:
    assert network(address) == counted_as


@pytest.mark.parametrize("route", ["/jobs", "/diarize"])
def test_one_key_does_not_take_the_whole_queue(make: Make, tmp_path: Path, route: str) -> None:
    held = HeldExecutor()
    client = (app := make(held, max_pending_per_key=2)).test_client()
    mine, yours = key(app), key(app)
    ids = [send(client, headers=mine).get_json()["id"] for _ in range(2)]
    before = files_below(tmp_path / "tmp")
    refused = client.post(route, data={"audio": (io.BytesIO(wav()), "a.wav")}, headers=mine)
    assert error_of(refused) == (429, "too_many_pending", None)
    assert int(refused.headers["Retry-After"]) >= 1
    assert files_below(tmp_path / "tmp") == before
    assert send(client, headers=yours).status_code == 202
    held.begun(2)
    client.delete(f"/jobs/{ids[1]}", headers=mine)
    assert send(client, headers=mine).status_code == 202


def test_who_has_no_key_has_no_cap_but_the_queue(make: Make) -> None:
    client = make(HeldExecutor(), max_pending_per_key=1, max_queue=3).test_client()
    assert [send(client).status_code for _ in range(5)] == [202] * 4 + [503]
