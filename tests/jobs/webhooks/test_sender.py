from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest

from jobs.webhooks import addresses
from jobs.webhooks.addresses import Addresses
from jobs.webhooks.sender import MOST_READ, Outcome, Sender, Stopped
from jobs.webhooks.signing import signed_headers
from tests.fakes import IN_TIME
from tests.receiver import Receiver, certificate, receiver

KEY = b"k" * 24
HOST = "receiver.test"  # which no resolver knows


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the next look-ups answer; the last one stays."""
    answers = ["127.0.0.1"]
    monkeypatch.setattr(addresses, "resolve", lambda *_: [answers.pop(0) if len(answers) > 1 else answers[0]])
    return answers


def send(url: str, *allowed: str, timeout: float = IN_TIME) -> Outcome:
    return Sender(Addresses(allowed), KEY, timeout).send(url, "msg_1", b'{"a": 1}')


def test_what_is_sent() -> None:
    with receiver() as there:
        assert send(there.url + "?token=x", "127.0.0.1") == Outcome(200)
        (heard,) = there.heard
    assert (heard.path, heard.body) == ("/hook?token=x", b'{"a": 1}')
    at = int(heard.headers["webhook-timestamp"])
    assert heard.headers.items() >= signed_headers(KEY, "msg_1", at, heard.body).items()
    assert heard.headers["content-type"] == "application/json"


def test_the_connection_goes_to_the_address_that_was_checked(resolved: list[str]) -> None:
    """The name is looked up once, by us: it is one that the system's own resolver does not know."""
    with receiver() as there:
        resolved[:] = ["127.0.0.1", "10.0.0.1"]
        assert send(f"http://{HOST}:{there.port}/", "127.0.0.1") == Outcome(200)
        assert there.heard[0].headers["host"] == f"{HOST}:{there.port}"


def test_a_name_that_leads_elsewhere_meanwhile_is_not_called(resolved: list[str]) -> None:
    resolved[:] = ["93.184.215.14", "127.0.0.1"]
    with receiver() as there:
        rules, url = Addresses(), f"http://{HOST}:{there.port}/"
        assert rules.target(url).addresses == ("93.184.215.14",)  # as it was when the job came
        assert Sender(rules, KEY, IN_TIME).send(url, "msg_1", b"") == Outcome(error="address_refused")
        assert there.heard == []


@pytest.mark.parametrize("status", [200, 204, 299, 301, 307, 400, 410, 500, 503])
def test_a_status_is_told_and_no_redirect_followed(status: int) -> None:
    with receiver() as elsewhere, receiver(statuses=[status], location=elsewhere.url) as there:
        outcome = send(there.url, "127.0.0.1")
        assert (outcome.status, outcome.error, outcome.delivered) == (status, None, status < 300)
        assert outcome.unwanted == (status == 410)
        assert elsewhere.heard == []


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch, resolved: list[str]) -> None:
    with receiver() as proxy, receiver() as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(f"http://{HOST}:{there.port}/", "127.0.0.1") == Outcome(200)
        assert proxy.heard == []


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 999, b"HTTP/1.1 100 Continue\r\n\r\n" * 99])
def test_an_answer_without_an_end_is_cut_off(drip: bytes) -> None:
    with receiver(drip=drip) as there:
        assert send(there.url, "127.0.0.1", timeout=0.5) == Outcome(error="timeout")


def test_of_a_body_only_the_beginning_is_read() -> None:
    with receiver(body=b"x" * (64 * 2**20)) as there:
        assert send(there.url, "127.0.0.1") == Outcome(200)
    assert MOST_READ < 2**20


def test_a_slow_answer_is_not_waited_for() -> None:
    with receiver(held=True) as there:
        assert send(there.url, "127.0.0.1", timeout=0.3) == Outcome(error="timeout")


def test_what_does_not_answer_in_http() -> None:
    with receiver(drip=b"SSH-2.0-server\r\n") as there:
        assert send(there.url, "127.0.0.1") == Outcome(error="bad_answer")


def test_who_does_not_listen_or_does_not_exist() -> None:
    with receiver() as there:
        url = there.url
    assert send(url, "127.0.0.1") == Outcome(error="connection_refused")
    assert send("http://nothing.invalid/") == Outcome(error="address_refused")


def test_a_sender_that_is_closed_says_nothing_of_the_receiver() -> None:
    sender = Sender(Addresses(("127.0.0.1",)), KEY, IN_TIME)
    sender.close()
    with receiver() as there, pytest.raises(Stopped):
        sender.send(there.url, "msg_1", b"")


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A receiver with a certificate for HOST, of an authority that SSL_CERT_FILE names."""
    if not shutil.which("openssl"):
        pytest.skip("the program openssl, which makes the certificate, is not installed")
    file = certificate(tmp_path, HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with receiver(tls=context) as there:
        yield there


def test_over_tls_the_certificate_must_be_for_the_name_and_not_the_address(
    secured: Receiver, resolved: list[str]
) -> None:
    assert send(f"https://{HOST}:{secured.port}/hook", "127.0.0.1") == Outcome(200)
    assert secured.heard[0].headers["host"] == f"{HOST}:{secured.port}"
    for other in ("other.test", "127.0.0.1"):
        assert send(f"https://{other}:{secured.port}/hook", "127.0.0.1") == Outcome(error="tls_failed")
    assert len(secured.heard) == 1


def test_over_tls_a_certificate_of_nobody_known_is_refused(
    secured: Receiver, resolved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert send(f"https://{HOST}:{secured.port}/hook", "127.0.0.1") == Outcome(error="tls_failed")
    assert secured.heard == []


def test_no_tls_where_tls_was_asked_for() -> None:
    with receiver() as there:
        assert send(f"https://127.0.0.1:{there.port}/", "127.0.0.1", timeout=2).error in ("tls_failed", "timeout")
        assert there.heard == []
