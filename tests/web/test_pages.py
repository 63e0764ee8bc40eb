"""What a page in a browser may do on this machine while nobody needs a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import files_below, wait_until
from tests.web.conftest import Make
from tests.web.faults import told
from tests.web.test_diarize import error_of
from tests.web.test_jobs import send
from web.context import service_of

EVIL = "http://evil.example"
OUTSIDE = "audio.example.org"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "0.0.0.0",
     "192.168.1.5:5000", "[::]:5000", "[2001:db8::1]", "[::1", "localhost:x", "127.1", "", OUTSIDE],
)  # fmt: skip
def test_a_name_that_is_none_of_this_machine_is_refused(client: FlaskClient, host: str) -> None:
    for address in ("/jobs", "/metrics", f"/jobs/{'0' * 32}/audio"):
        assert error_of(client.get(address, headers={"Host": host})) == (403, "foreign_host", None)
    assert error_of(send(client, headers={"Host": host}))[:2] == (403, "foreign_host")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:5000", "localhost.", "nice.localhost:5000", "127.0.0.1", "127.9.9.9:80", "[::1]:5000"],
)
def test_a_name_of_this_machine_is_not(make: Make, address: str, host: str) -> None:
    client = make(flask_host=address).test_client()
    assert client.get("/jobs", headers={"Host": host}).status_code == 200


def test_a_refusal_costs_no_upload_and_repeats_nothing(client: FlaskClient, tmp_path: Path) -> None:
    refused = send(client, headers={"Host": "evil.example", "Origin": EVIL})
    assert refused.status_code == 403
    assert "evil" not in refused.text + str(refused.headers)
    assert files_below(tmp_path / "tmp") == []


def test_routes_for_everybody_answer_by_any_name(client: FlaskClient) -> None:
    for address in ("/status", "/healthz", "/readyz", "/openapi.json", "/docs"):
        assert client.get(address, headers={"Host": "evil.example", "Origin": EVIL}).status_code == 200


def test_a_dialect_refuses_in_its_own_shape(client: FlaskClient) -> None:
    refused = client.get("/v1/models", headers={"Host": "evil.example", "Authorization": "Bearer anything"})
    assert told(refused)[0] == 403
    assert refused.get_json()["error"]["code"] == "foreign_host"


def test_a_proxy_passes_on_the_names_that_are_allowed(make: Make) -> None:
    client = make(allowed_hosts=f"{OUTSIDE}, 192.168.1.5", trusted_proxies=1).test_client()
    for host in (OUTSIDE, f"{OUTSIDE.upper()}:8443", f"{OUTSIDE}.", "192.168.1.5", "localhost"):
        assert client.get("/jobs", headers={"Host": host}).status_code == 200
    forwarded = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    assert error_of(client.get("/jobs", headers=forwarded))[:2] == (403, "foreign_host")
    own = {"Host": OUTSIDE, "Origin": f"https://{OUTSIDE}"}
    assert send(client, headers=own).status_code == 202
    assert error_of(send(client, headers=own | {"Origin": EVIL}))[:2] == (403, "foreign_origin")


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "", "http://localhost:3000", "https://localhost", "http://localhost.evil.example", "http://127.0.0.1",
     "localhost", "http://", "http://[::1"],
)  # fmt: skip
def test_what_another_origin_sends_is_refused(client: FlaskClient, origin: str) -> None:
    id = send(client).get_json()["id"]
    wait_until(lambda: client.get(f"/jobs/{id}").get_json()["ended_at"])
    page = {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Host": "localhost:5000"}
    for method, address in (("POST", "/recluster"), ("POST", "/undo"), ("PATCH", "/speakers"), ("DELETE", "")):
        refused = client.open(f"/jobs/{id}{address}", method=method, headers=page)
        assert error_of(refused) == (403, "foreign_origin", None)
    assert error_of(send(client, headers=page))[:2] == (403, "foreign_origin")
    assert client.get(f"/jobs/{id}", headers=page).status_code == 200, "the browser keeps it from the page"


@pytest.mark.parametrize(
    ("host", "origin"),
    [("localhost:5000", "http://localhost:5000"), ("127.0.0.1:5000", "http://127.0.0.1:5000"),
     ("[::1]:5000", "http://[::1]:5000"), ("localhost", "http://localhost"), ("localhost:80", "http://localhost"),
     ("localhost:443", "https://localhost"), ("localhost:5000", "https://localhost:5000"),
     ("localhost:5000", "http://app.example.org"), ("localhost:5000", "http://Localhost:3000")],
)  # fmt: skip
def test_pages_of_this_server_and_of_origins_that_may_call_send_what_they_like(
    make: Make, host: str, origin: str
) -> None:
    client = make(cors_origins="http://app.example.org,http://localhost:3000").test_client()
    assert send(client, headers={"Host": host, "Origin": origin}).status_code == 202


def test_where_all_origins_may_call_all_may_send(make: Make) -> None:
    assert send(make(cors_origins="*").test_client(), headers={"Origin": EVIL}).status_code == 202


def test_who_has_a_key_may_come_by_any_name_and_from_any_page(make: Make) -> None:
    client = (app := make()).test_client()
    key = KeyStore(service_of(app).engine).create("x", [Scope.READ, Scope.WRITE])[0]
    page = {"Host": "evil.example", "Origin": EVIL}
    assert error_of(client.get("/jobs", headers=page))[:2] == (401, "missing_key")
    assert send(client, headers=page | {"X-API-Key": key}).status_code == 202


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 403), ("0.0.0.0", 202)])
def test_an_address_for_others_goes_by_names_that_nobody_here_knows(make: Make, address: str, status: int) -> None:
    client = make(flask_host=address, allow_anonymous=True).test_client()
    assert send(client, headers={"Host": "evil.example", "Origin": EVIL}).status_code == status
