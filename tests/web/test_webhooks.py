"""Webhooks through the door: asked for with a job, told when it ends, shown and erased with it."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from app import create_app
from executors.inline import InlineExecutor
from settings import ROOT
from tests.fakes import SECRET as TRANSCRIPT
from tests.fakes import FakeProcessor, fake_settings, wait_until, wav
from tests.receiver import SECRET, Heard, Receiver, receiver
from tests.web.conftest import StartServer
from tests.web.test_diarize import error_of
from tests.web.test_jobs import ended, get, send
from web.context import service_of


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as there:
        yield there


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """Webhooks may go to this machine's 127.0.0.1."""
    settings = fake_settings(tmp_path, webhook_secret=SECRET, webhook_allow="127.0.0.1", webhook_longest_wait=0.01)
    app = create_app(settings, InlineExecutor(FakeProcessor()))
    yield app.test_client()
    service_of(app).close()


def settled(client: FlaskClient, location: str) -> dict[str, Any]:
    return wait_until(lambda: (hook := get(client, location)["webhook"])["state"] != "waiting" and hook)


def verify() -> Callable[[str, Any, bytes], bool]:
    """The receiver's code, as docs/api.md has it."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_genuine"]


@pytest.mark.parametrize(("name", "state"), [("audio.wav", "done"), ("silence.wav", "failed")])
def test_the_receiver_is_told_how_the_job_ended_and_nothing_of_what_was_said(
    client: FlaskClient, there: Receiver, name: str, state: str
) -> None:
    accepted = send(client, name, webhook_url=there.url, metadata='{"case": 7}')
    assert accepted.status_code == 202
    job = ended(client, accepted.headers["Location"])
    log = settled(client, accepted.headers["Location"])
    (heard,) = there.heard
    body = json.loads(heard.body)
    assert (body["type"], body["data"]["state"]) == (f"job.{state}", state)
    assert body["data"] == {name: value for name, value in job.items() if name != "webhook"}
    assert TRANSCRIPT not in heard.body.decode()
    assert (log["url"], log["state"], [each["status"] for each in log["attempts"]]) == (there.url, "delivered", [200])
    assert set(log["attempts"][0]) == {"at", "status", "error", "seconds"}
    assert get(client, "/jobs")["jobs"][0]["webhook"] == log


def test_a_job_without_a_webhook_says_so(client: FlaskClient) -> None:
    assert get(client, send(client).headers["Location"])["webhook"] is None
    assert get(client, send(client, webhook_url="").headers["Location"])["webhook"] is None


@pytest.mark.parametrize("secret", [SECRET, f"whsec_{base64.b64encode(bytes(range(32))).decode()}"])
def test_a_receiver_tells_ours_from_forged_and_old_ones_as_the_docs_show(
    secret: str, there: Receiver, tmp_path: Path
) -> None:
    app = create_app(
        fake_settings(tmp_path, webhook_secret=secret, webhook_allow="127.0.0.1"), InlineExecutor(FakeProcessor())
    )
    send(app.test_client(), webhook_url=there.url)
    heard: Heard = wait_until(lambda: there.heard)[0]
    service_of(app).close()
    is_genuine, old = verify(), str(int(heard.headers["webhook-timestamp"]) - 3600)
    assert is_genuine(secret, heard.headers, heard.body)
    several = f"v1a,other {heard.headers['webhook-signature']} v1,äöü"
    assert is_genuine(secret, heard.headers | {"webhook-signature": several}, heard.body)
    assert not is_genuine(secret, heard.headers, heard.body + b" ")
    assert not is_genuine(secret, heard.headers | {"webhook-id": "msg_other"}, heard.body)
    assert not is_genuine(secret, heard.headers | {"webhook-timestamp": old}, heard.body)
    assert not is_genuine("another secret of 24 bytes", heard.headers, heard.body)


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "ftp://1.1.1.1/",
        "http://u:p@1.1.1.1/",
        "http://nothing.invalid/",
        "http://169.254.169.254/",
        "http://[::1]/",
    ],
)
def test_what_is_not_called_is_refused_before_there_is_a_job(url: str, client: FlaskClient) -> None:
    assert error_of(send(client, webhook_url=url)) == (422, "webhook_refused", "webhook_url")
    assert get(client, "/jobs") == {"jobs": [], "next": None}


def test_one_webhook_a_job(client: FlaskClient, there: Receiver) -> None:
    urls = [there.url, f"{there.url}/2"]
    assert error_of(send(client, webhook_url=urls)) == (400, "invalid_option", "webhook_url")


def test_without_a_secret_webhooks_are_refused(tmp_path: Path, there: Receiver) -> None:
    app = create_app(fake_settings(tmp_path, webhook_allow="127.0.0.1"), InlineExecutor(FakeProcessor()))
    refused = send(app.test_client(), webhook_url=there.url)
    service_of(app).close()
    assert error_of(refused) == (422, "webhook_refused", "webhook_url")
    assert "WEBHOOK_SECRET" in refused.text


def test_another_webhook_is_another_request(client: FlaskClient, there: Receiver) -> None:
    one, same = (json.loads(send(client, key="k", webhook_url=there.url).text)["id"] for _ in range(2))
    assert one == same
    for other in ({"webhook_url": f"{there.url}/2"}, {}):
        assert error_of(send(client, key="k", **other)) == (422, "idempotency_key_reused", "Idempotency-Key")
    settled(client, f"/jobs/{one}")
    assert len(there.heard) == 1


def test_a_cancelled_job_is_told_and_an_erased_one_is_not(start_server: StartServer, there: Receiver) -> None:
    there.statuses = [500]
    server = start_server(webhook_secret=SECRET, webhook_allow="127.0.0.1").wait_ready()
    job = f"{server.url}/jobs/{post(server.url, 'slow-60', there.url)}"
    assert requests.get(job, timeout=10).json()["webhook"] == {"url": there.url, "state": "waiting", "attempts": []}
    assert requests.delete(job, timeout=10).status_code == 202
    wait_until(lambda: requests.get(job, timeout=10).json()["webhook"]["attempts"])
    assert json.loads(there.heard[0].body)["type"] == "job.cancelled"
    assert requests.delete(job, timeout=10).status_code == 204  # while it waits for its second attempt
    assert requests.get(job, timeout=10).status_code == 404
    assert server.stop() == 0
    assert len(there.heard) == 1
    assert str(there.port) not in server.log


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_webhook_outlives_the_service(start_server: StartServer, how: str) -> None:
    settings = {"webhook_secret": SECRET, "webhook_allow": "127.0.0.1"}
    with receiver(held=True) as there:
        server = start_server(**settings).wait_ready()
        id = post(server.url, "audio", there.url)
        wait_until(lambda: there.heard)
        if how == "stopped":
            assert server.stop() == 0
        else:
            for pid in server.pids():
                os.kill(pid, signal.SIGKILL)
            server.process.kill()
            server.process.wait()
        (server.folder / "logs" / "diarization_api.log").unlink()  # which tells the port, too
        there.open.set()
        server = start_server(**settings)
        shown = f"{server.url}/jobs/{id}"
        wait_until(lambda: requests.get(shown, timeout=10).json()["webhook"]["state"] == "delivered")
        assert {each.headers["webhook-id"] for each in there.heard} == {f"msg_{id}"}
        assert len(there.heard) == 2


def post(server: str, name: str, url: str) -> str:
    files = {"audio": (f"{name}.wav", wav())}
    answer = requests.post(f"{server}/jobs", files=files, data={"webhook_url": url}, timeout=60)
    assert answer.status_code == 202
    return answer.json()["id"]
