"""Bodies that no route asked for, and too large ones; by the test client, and through sockets of the real server."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import psutil
import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes import wait_until
from tests.web.conftest import LiveServer
from tests.web.faults import told
from tests.web.test_diarize import error_of
from tests.web.test_guard import routes
from web.bodies import LITTLE, takes_upload
from web.guard import public

MIB = 2**20
_UPLOADS = ("/diarize", "/jobs", "/transcribe", "/upload/", "/asr", "/detect-language",
            "/v1/audio/transcriptions", "/v1/audio/translations", "/v1/listen", "/v2/upload",
            "/speakers", "/speakers/<id>/clips")  # fmt: skip
LARGER = {("POST", rule): MIB + LITTLE for rule in _UPLOADS} | {("PATCH", "/jobs/<id>/speakers"): MIB}


def test_every_route_has_its_limit_and_a_body_beyond_it_is_not_read(app: Flask, client: FlaskClient) -> None:
    class Unread(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body is read")

    @app.post("/probe")
    @public
    def probe() -> str:
        return request.get_data(as_text=True)

    for method, address, rule in routes(app):
        large = LARGER.get((method, rule), LITTLE)
        environ = {"CONTENT_LENGTH": str(large + 1), "wsgi.input": Unread()}
        response = client.open(address, method=method, environ_overrides=environ)
        upload = large == MIB + LITTLE
        said = "1 MiB" if upload else f"{large // 1024} KiB"
        too_large = f"The request is larger than this address accepts: at most {said}."
        assert told(response) == (413, too_large), (method, rule)
        if rule in ("/diarize", "/jobs"):
            assert error_of(response) == (413, "upload_too_large", "audio" if upload else None)
    assert client.post("/probe", data=b"x" * LITTLE).status_code == 200


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off_by_its_reader(app: Flask, client: FlaskClient) -> None:
    @app.post("/little")
    @public
    def little() -> str:
        return str(len(request.get_data()))

    @app.post("/large")
    @public
    @takes_upload
    def large() -> str:
        return str(len(request.get_data()))

    def chunked(url: str, size: int) -> TestResponse:
        environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        return client.post(url, input_stream=io.BytesIO(b"x" * size), environ_overrides=environ)

    assert chunked("/little", LITTLE - 1).text == str(LITTLE - 1)
    assert error_of(chunked("/little", LITTLE + 1)) == (413, "upload_too_large", None)
    assert chunked("/large", MIB).text == str(MIB)
    assert error_of(chunked("/large", MIB + LITTLE + 1)) == (413, "upload_too_large", "audio")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Uploads up to 1 MiB, and eight threads."""
    server = LiveServer(
        tmp_path_factory.mktemp("server"), max_upload_mb=1, web_threads=8, max_queue=2, max_event_streams=1
    ).wait_ready()
    yield server
    server.stop()


def head(method: str, url: str, size: int | None) -> bytes:
    body = "Transfer-Encoding: chunked" if size is None else f"Content-Length: {size}"
    kind = "Content-Type: multipart/form-data; boundary=x"
    return f"{method} {url} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n{body}\r\n\r\n".encode()


def status_line(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n" not in received and (data := client.recv(65_536)):
        received += data
    return received.partition(b"\r\n")[0]


UNWANTED = [
    ("GET", "/status", 200), ("GET", "/jobs", 200), ("DELETE", f"/jobs/{'0' * 32}", 404), ("GET", "/nowhere", 404),
    ("POST", "/nowhere", 404), ("PUT", "/jobs", 405), ("OPTIONS", "/jobs", 200), ("BREW", "/status", 405),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url", "status"), UNWANTED)
@pytest.mark.parametrize("size", [1024 * MIB, None], ids=["with a length", "chunked"])
def test_nobody_waits_for_a_body_that_nobody_wants(
    server: LiveServer, method: str, url: str, status: int, size: int | None
) -> None:
    """The answer comes although not a byte of the body does: it is not even asked for."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(head(method, url, size))
        expected = 413 if size and status in (200, 404) and url != "/nowhere" else status
        assert status_line(client).split()[1] == str(expected).encode()


@pytest.mark.parametrize(("method", "url", "status"), UNWANTED)
def test_nor_is_it_kept_when_it_comes(server: LiveServer, method: str, url: str, status: int) -> None:
    """A client that sends and sends is cut off; neither memory nor the disk has had it."""
    web = psutil.Process(server.pids()[0])
    before = web.memory_info().rss
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(head(method, url, None))
        sent = 0
        try:
            while sent < 256 * MIB:
                client.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 64 * MIB, "that is more than the buffers of two sockets hold"
    assert server.temp_files() == []
    assert web.memory_info().rss - before < 32 * MIB
    wait_until(lambda: server.status()["status"] == "ready")
