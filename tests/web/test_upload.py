"""How uploads are received, by the test client and by the real server with clients that misbehave."""

from __future__ import annotations

import io
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from flask import Flask, request
from flask.testing import FlaskClient

import jobs.intake
from tests.fakes import files_below, wait_until, wav
from tests.web.conftest import LiveServer
from tests.web.test_diarize import error_of
from web.bodies import takes_upload_as
from web.context import service_of
from web.guard import public
from web.upload import UploadRequest, received_body, recording_name

MIB = 2**20
HEAD = b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


def test_the_upload_is_written_once_into_the_jobs_own_folder(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources: list[Path] = []
    normalise = jobs.intake.normalise

    def watch(source: Path, workdir: Path, *rest: Any) -> Any:
        sources.append(source)
        assert source.read_bytes() == wav()
        assert list(source.parent.iterdir()) == [source]
        assert list(workdir.iterdir()) == []
        return normalise(source, workdir, *rest)

    def no_spooling(*_: Any, **__: Any) -> Any:
        raise AssertionError("a copy in the system's temporary folder")

    monkeypatch.setattr(jobs.intake, "normalise", watch)
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", no_spooling)
    assert client.post("/diarize", data={"audio": (io.BytesIO(wav()), "../../x.wav")}).status_code == 200
    (source,) = sources
    assert source.is_relative_to(tmp_path / "tmp")
    assert source.name == "upload-1"
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(
    "fields",
    [{"language": "x" * 600_000}, {f"field{index}": "1" for index in range(60)}],
    ids=["a long text", "many parts"],
)
def test_a_form_beyond_reason_is_not_taken_for_a_large_recording(client: FlaskClient, fields: dict[str, str]) -> None:
    response = client.post("/diarize", data={**fields, "audio": (io.BytesIO(wav()), "a.wav")})
    assert (response.status_code, response.get_json()["error"]["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        (None, "audio"),
        ("", "audio"),
        ("meeting.wav", "meeting"),
        ("my meeting.final.wav", "my_meeting.final"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\0.wav", "a_b"),
        ("..", "audio"),
        ("x" * 5000 + ".wav", "x" * 64),
        ("会議.wav", "audio"),
    ],
)
def test_the_name_in_the_results_is_safe(filename: str | None, name: str) -> None:
    assert recording_name(filename) == name


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Uploads up to 1 MiB, few threads, silent clients cut off after 1 s."""
    folder = tmp_path_factory.mktemp("server")
    few = {"web_threads": 8, "max_queue": 3, "max_event_streams": 1}
    server = LiveServer(folder, max_upload_mb=1, upload_timeout=1, **few).wait_ready()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "server" in request.fixturenames:
        server: LiveServer = request.getfixturevalue("server")
        wait_until(lambda: server.temp_files() == [])
        assert server.post().status_code == 200


def connect(server: LiveServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def head(length: int | None) -> bytes:
    size = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    kind = "Content-Type: multipart/form-data; boundary=x"
    return f"POST /diarize HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n{size}\r\n\r\n".encode()


def answer(client: socket.socket) -> bytes:
    received = b""
    while b"}" not in received and (data := client.recv(65536)):
        received += data
    return received


def test_over_the_limit_with_an_honest_length(server: LiveServer) -> None:
    files = {"audio": ("big.wav", b"x" * 3 * MIB)}
    response = requests.post(f"{server.url}/diarize", files=files, timeout=20)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "upload_too_large"


def test_over_the_limit_without_a_length(server: LiveServer) -> None:
    largest = 0

    def endless() -> Iterator[bytes]:
        nonlocal largest
        yield HEAD
        for _ in range(1000):
            tmp = server.folder / "tmp"
            largest = max([largest, *(path.stat().st_size for path in tmp.rglob("upload*"))])
            yield b"x" * MIB

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        response = requests.post(f"{server.url}/diarize", data=endless(), headers=headers, timeout=20)
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "upload_too_large"
    except requests.ConnectionError:
        pass  # the server hung up on a client that did not stop sending
    assert largest <= MIB + 64 * 1024
    assert "-> 413" in server.log


def test_a_length_that_promises_less_than_is_sent(server: LiveServer) -> None:
    with connect(server) as client:
        client.sendall(head(len(HEAD) + 100) + HEAD + b"x" * 5000 + TAIL)
        assert b"400 BAD REQUEST" in answer(client)


def test_a_length_that_promises_more_than_is_sent(server: LiveServer) -> None:
    with connect(server) as client:
        client.sendall(head(10 * 1024) + HEAD + b"x" * 1024)
        client.shutdown(socket.SHUT_WR)
        assert b" 400 " in answer(client)


@pytest.mark.parametrize("length", [800 * 1024, None])
def test_a_client_that_leaves_in_the_middle(server: LiveServer, length: int | None) -> None:
    with connect(server) as client:
        chunk = f"{800 * 1024:x}\r\n".encode() if length is None else b""
        client.sendall(head(length) + chunk + HEAD + b"x" * 400 * 1024)
        wait_until(server.temp_files)


def test_clients_that_fall_silent_do_not_keep_the_others_out(server: LiveServer) -> None:
    """More of them than the server has threads, stopped in the body and in the headers."""
    silent = [connect(server) for _ in range(12)]
    for place, client in enumerate(silent):
        client.sendall(head(100 * 1024) + HEAD + b"x" * 512 if place % 2 else head(10)[:40])
    assert server.status()["status"] == "ready"
    for place, client in enumerate(silent):
        reply = answer(client)
        assert b" 400 " in reply if place % 2 else reply == b""
        client.close()


def test_an_upload_at_the_limit_is_read(server: LiveServer) -> None:
    files = {"audio": ("noise.wav", b"\xff" * MIB)}
    response = requests.post(f"{server.url}/diarize", files=files, timeout=20)
    assert response.json()["error"]["code"] == "unsupported_media"


def test_a_body_that_is_the_recording_lands_in_the_jobs_own_folder(app: Flask, client: FlaskClient) -> None:
    @app.post("/probe")
    @public
    @takes_upload_as()
    def probe() -> list[int]:
        path = received_body(cast(UploadRequest, request))
        return [path.stat().st_size, len(list(path.parent.iterdir()))]

    assert client.post("/probe", data=b"x" * MIB).get_json() == [MIB, 1]
    empty = client.post("/probe", data=b"")
    assert error_of(empty) == (400, "missing_audio", None)
    assert "--data-binary" in empty.get_json()["error"]["message"]
    large, environ = io.BytesIO(b"x" * 2 * MIB), {"wsgi.input_terminated": True}
    cut = client.post("/probe", input_stream=large, environ_overrides=environ)
    assert error_of(cut) == (413, "upload_too_large", None)
    folder = service_of(app).open_folder()
    assert files_below(folder.path.parent) == []
    folder.remove()
