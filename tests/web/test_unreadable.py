"""What is no HTTP request, sent to the real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from gunicorn.http import errors as unreadable

from tests.web.conftest import LiveServer
from web.headers import CAREFUL
from web.unreadable import status_of

KEY = f"dk_0123abcd_{'k' * 43}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


def ask(server: LiveServer, request: str) -> tuple[str, dict[str, str], str]:
    """(status, headers, body) of the answer to a request as it stands."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(request.encode("latin-1"))
        while data := client.recv(65_536):
            received += data
    top, _, body = received.decode().partition("\r\n\r\n")
    first, *lines = top.split("\r\n")
    return first.split()[1], dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("hello\r\n\r\n", "400", "bad_request"),
        (f"GET /jobs HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {KEY}\r\n\r\n", "400", "bad_request"),
        (f"GET /jobs HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\x01\r\n\r\n", "400", "bad_request"),
        (f"GET /{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n", "414", "request_uri_too_long"),
        (f"GET /jobs HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY * 300}\r\n\r\n", "431", "request_header_fields_too_large"),
        (f"POST /jobs HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nTransfer-Encoding: magic\r\n\r\n", "501",
         "not_implemented"),
    ],
)  # fmt: skip
def test_it_is_told_so_in_the_one_shape_and_quoted_nowhere(
    server: LiveServer, request_: str, status: str, code: str
) -> None:
    got, headers, body = ask(server, request_)
    error = json.loads(body)["error"]
    assert (got, error["code"], error["field"]) == (status, code, None)
    assert {name: headers[name] for name in CAREFUL} == CAREFUL
    assert int(headers["Content-Length"]) == len(body)
    assert "Invalid request from ip=127.0.0.1" in server.log
    assert KEY not in body + server.log


def test_the_narrowest_kind_decides_and_a_fault_is_ours() -> None:
    assert status_of(unreadable.InvalidHeader("x")) == HTTPStatus.BAD_REQUEST
    assert status_of(unreadable.InvalidResponseHeader("x")) == HTTPStatus.INTERNAL_SERVER_ERROR
    assert status_of(RuntimeError("x")) == HTTPStatus.INTERNAL_SERVER_ERROR
