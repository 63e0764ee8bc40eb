from __future__ import annotations

import re
import socket

import pytest
import requests

from commands.network import explain, get, hub, may_pass
from tests.file_server import FileServer


def failure(url: str) -> requests.RequestException:
    with pytest.raises(requests.RequestException) as caught:
        get(url)
    return caught.value


def test_the_token_goes_to_hugging_face_and_to_nobody_else(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files |= {"/page": b"page", "/else": b"else"}
    with get(f"{hub()}/page") as response:
        assert response.content == b"page"
    elsewhere = f"{server.url.replace('127.0.0.1', 'localhost')}/else"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    get(elsewhere).close()
    server.redirects["/moved"] = elsewhere
    get(f"{hub()}/moved").close()
    assert [(asked.path, asked.token) for asked in server.asked] == [
        ("/page", "Bearer hf_secret"), ("/else", None), ("/moved", "Bearer hf_secret"), ("/else", None)
    ]  # fmt: skip


def test_the_endpoint_is_a_setting_of_hugging_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert hub() == "https://mirror.example"
    monkeypatch.delenv("HF_ENDPOINT")
    assert hub() == "https://huggingface.co"


@pytest.mark.parametrize(
    ("status", "passing", "words"),
    [
        (401, False, r"refused \(401\): check the name; .*HF_TOKEN"),
        (403, False, r"refused \(403\): check the name; .*HF_TOKEN"),
        (404, False, r"\(404\); check the name in model_path"),
        (410, False, r"refused \(410\)"),
        (429, True, r"\(429\); try again later"),
        (500, True, r"\(500\); try again later"),
        (503, True, r"\(503\); try again later"),
    ],
)
def test_every_answer_says_what_to_do(status: int, passing: bool, words: str, server: FileServer) -> None:
    server.statuses["/x"] = [status]
    error = failure(f"{server.url}/x")
    assert may_pass(error) is passing
    message = explain(error, "owner/x", f"{server.url}/x").message
    assert "\n" not in message
    assert message.startswith("owner/x: 127.0.0.1 ")
    assert re.search(words, message)


def test_a_refusal_by_ngc_speaks_of_no_token(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    server.statuses["/x"] = [403]
    assert explain(failure(f"{server.url}/x"), "x", f"{server.url}/x").message == "x: 127.0.0.1 refused (403)."


def test_a_host_that_cannot_be_reached(server: FileServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/x"
        error = failure(url)
    assert may_pass(error)
    assert "cannot be reached; check the network and HTTPS_PROXY, or " in explain(error, "x", url).message
    assert "models bundle" in explain(error, "x", url).message


def test_a_proxy_is_used(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.files["/x"] = b"through the proxy"
    with get("http://models.example/x") as response:
        assert response.content == b"through the proxy"


def test_a_proxy_that_refuses(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    error = failure("https://models.example/x")
    assert not may_pass(error)
    assert "proxy" in explain(error, "x", "https://models.example/x").message


def test_a_server_that_cannot_prove_who_it_is(server: FileServer) -> None:
    url = server.url.replace("http:", "https:")
    error = failure(f"{url}/x")
    assert isinstance(error, requests.exceptions.SSLError)
    assert not may_pass(error)
    assert "REQUESTS_CA_BUNDLE" in explain(error, "x", url).message


def test_an_address_that_is_none() -> None:
    error = failure("huggingface.co/x")
    assert not may_pass(error)
    assert "check HF_ENDPOINT" in explain(error, "x", "huggingface.co/x").message
