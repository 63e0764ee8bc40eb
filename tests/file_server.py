"""A server of small files on this machine that can also misbehave: what ``models pull`` talks to in tests."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

COMMIT = "c0ffee"


@dataclass(frozen=True)
class Asked:
    path: str
    range: str | None
    token: str | None


@dataclass
class FileServer:
    """files: {path: bytes}. Everything else is a fault or a feature of one path."""

    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)  # added to, or in place of, the right ones
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)  # for the next requests
    cuts: dict[str, list[int]] = field(default_factory=dict)  # the connection ends after so many bytes
    ranges: bool = True
    asked: list[Asked] = field(default_factory=list)

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(ConnectionError):  # who asked has heard enough
                    server.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def repository(self, name: str, files: dict[str, bytes]) -> None:
        """A model page of Hugging Face; what ends in .nemo or .safetensors is a large file with its SHA-256."""
        rows: list[dict[str, Any]] = []
        for file, content in files.items():
            digest = hashlib.sha256(content).hexdigest()
            large = {"lfs": {"sha256": digest, "size": len(content)}}
            rows.append({"rfilename": file, "size": len(content)} | (large if file[-5:] in (".nemo", "nsors") else {}))
            self.files[f"/{name}/resolve/{COMMIT}/{file}"] = content
        page = {"id": name, "sha": COMMIT, "siblings": rows}
        self.files[f"/api/models/{name}"] = json.dumps(page).encode()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, wanted = urlsplit(request.path).path, request.headers["Range"]
        self.asked.append(Asked(path, wanted, request.headers["Authorization"]))
        if self.statuses.get(path):
            return request.send_error(self.statuses[path].pop(0))
        if path in self.redirects:
            request.send_response(302)
            return self._finish(request, path, {"Location": self.redirects[path], "Content-Length": "0"}, b"")
        if path not in self.files:
            return request.send_error(404)
        return self._send(request, path, self.files[path], wanted)

    def _send(self, request: BaseHTTPRequestHandler, path: str, content: bytes, wanted: str | None) -> None:
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start and start >= len(content):
            return request.send_error(416)
        own = {"Content-Length": str(len(content) - start)}
        if start:
            own["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        request.send_response(206 if start else 200)
        return self._finish(request, path, own, content[start:])

    def _finish(self, request: BaseHTTPRequestHandler, path: str, own: dict[str, str], body: bytes) -> None:
        for header, value in (own | self.headers.get(path, {})).items():
            request.send_header(header, value)
        request.end_headers()
        cuts = self.cuts.get(path)
        request.wfile.write(body[: cuts.pop(0)] if cuts else body)
