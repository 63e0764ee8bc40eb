"""A receiver of webhooks on this machine, which can also misbehave."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes import IN_TIME

SECRET = "a secret of more than 24 bytes"


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """statuses: of the next answers, 200 after them; location: of redirects; open: answers wait for it; drip: what an
    answer begins with, a byte at a time, without an end."""

    statuses: list[int] = field(default_factory=list)
    location: str = ""
    drip: bytes = b""
    body: bytes = b"thank you"
    open: threading.Event = field(default_factory=threading.Event)
    heard: list[Heard] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(Heard(request.path, headers, body))
        self.open.wait(IN_TIME)
        for at in range(len(self.drip)):
            request.wfile.write(self.drip[at : at + 1])
            request.wfile.flush()
            if self._stopped.wait(0.05):
                return
        request.send_response(self.statuses.pop(0) if self.statuses else 200)
        request.send_header("Content-Length", str(len(self.body)))
        if self.location:
            request.send_header("Location", self.location)
        request.end_headers()
        request.wfile.write(self.body)

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with suppress(OSError):  # the sender is gone
                    receiver.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a handshake that the sender broke off

        self._http = Server(("127.0.0.1", 0), Handler)
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self.open.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver(tls: ssl.SSLContext | None = None, held: bool = False, **faults: Any) -> Iterator[Receiver]:
    """held: it answers when the test sets ``open``."""
    running = Receiver(**faults)
    if not held:
        running.open.set()
    running.start(tls)
    try:
        yield running
    finally:
        running.stop()


def certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate with its key, for one host name; by the program openssl."""
    key, file = folder / f"{host}.key", folder / f"{host}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    command += ["-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file
