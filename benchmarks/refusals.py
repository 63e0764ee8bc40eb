"""``python -m benchmarks.refusals``: how soon many clients at once hear that the queue is full, and what it costs."""

from __future__ import annotations

import argparse
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.recordings import cut, find_audio, join, prepare
from benchmarks.report import describe_machine, machine_line
from benchmarks.status import SERVER, Server, Unanswered, local_session, serving
from errors import DiarizationError
from pipeline.lanes import cores
from settings import load_settings

WAITING = 4  # MAX_QUEUE of the server: as many wait, and one is in work
CLIP = 5.0  # s of sound that each client sends
_PATIENCE = 30  # s that a client waits
_BOUNDARY = b"the-end-of-a-part"


@dataclass
class Figures:
    """seconds: of each refusal; other: answers that were none, by status, and errors of connections, by name;
    accepted: ids; lost: of these, those that the server does not know at the end; before, after: bytes of the web
    process at its largest."""

    clients: int
    seconds: list[float] = field(default_factory=list)
    other: list[bytes] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    before: int = 0
    after: int = 0


def measure(server: Server, long: Path, clip: Path, clients: int, seconds: float, pause: float) -> Figures:
    """Fill the queue with ``long``, then let every client come again, each after up to 2 * ``pause`` s, for so many
    seconds. Raises Unanswered."""
    figures = Figures(clients, accepted=[_accepted(server, long) for _ in range(WAITING + 1)])
    _ask(server, _request(server, clip), figures)  # the first one imports
    figures.seconds.clear()
    figures.before = server.peaks()["web process"]
    until, request = time.monotonic() + seconds, _request(server, clip)
    threads = [
        threading.Thread(target=_come_again, args=(server, request, figures, until, pause, seed), daemon=True)
        for seed in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.after = server.peaks()["web process"]
    known = {job["id"] for job in local_session().get(f"{server.url}/jobs?limit=200").json()["jobs"]}
    figures.lost = [id for id in figures.accepted if id not in known]
    return figures


def _accepted(server: Server, recording: Path) -> str:
    with recording.open("rb") as file:
        answer = local_session().post(f"{server.url}/jobs", files={"audio": file})
    if answer.status_code != 202:
        raise Unanswered(f"/jobs answered {answer.status_code}: {answer.text}")
    return answer.json()["id"]


def _come_again(server: Server, request: bytes, figures: Figures, until: float, pause: float, seed: int) -> None:
    moments = random.Random(seed)
    time.sleep(moments.uniform(0, 2 * pause))
    while time.monotonic() < until:
        _ask(server, request, figures)
        time.sleep(moments.uniform(0, 2 * pause))


def _ask(server: Server, request: bytes, figures: Figures) -> None:
    """By hand: 200 clients of a library would measure the library."""
    address = urlsplit(server.url)
    begun = time.perf_counter()
    try:
        with socket.create_connection((address.hostname, address.port), timeout=_PATIENCE) as line:
            line.sendall(request)
            head = line.recv(65536)
    except OSError as error:
        figures.other.append(type(error).__name__.encode())
        return
    took = time.perf_counter() - begun
    if head.startswith(b"HTTP/1.1 503") and b"Retry-After:" in head:
        figures.seconds.append(took)
    else:
        figures.other.append(head[:12])


def _request(server: Server, clip: Path) -> bytes:
    part = b'Content-Disposition: form-data; name="audio"; filename="clip.wav"\r\nContent-Type: audio/wav\r\n'
    body = b"--%b\r\n%b\r\n%b\r\n--%b--\r\n" % (_BOUNDARY, part, clip.read_bytes(), _BOUNDARY)
    head = f"POST /jobs HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\nContent-Length: {len(body)}\r\n"
    kind = b"Content-Type: multipart/form-data; boundary=%b\r\nConnection: close\r\n\r\n" % _BOUNDARY
    return head.encode() + kind + body


def describe(figures: Figures) -> str:
    return (
        f"{figures.clients} clients, {len(figures.seconds)} refusals{_how_soon(figures.seconds)}; "
        f"other answers {_counted(figures.other)}\n"
        f"accepted before {len(figures.accepted)}, of these lost {len(figures.lost)}; web process at its largest "
        f"{figures.before / 1024**2:.0f} MB before, {figures.after / 1024**2:.0f} MB after"
    )


def _how_soon(seconds: Sequence[float]) -> str:
    if not seconds:
        return ""
    half, most, longest = (1000 * value for value in np.percentile(seconds, [50, 99, 100]))
    return f": median {half:.1f} ms, 99 of 100 within {most:.1f} ms, slowest {longest:.1f} ms"


def _counted(answers: Sequence[bytes]) -> str:
    """Such as "0" or "3 (HTTP/1.1 429 2, TimeoutError 1)"."""
    by_status = ", ".join(f"{head.decode(errors='replace')} {count}" for head, count in Counter(answers).items())
    return f"{len(answers)} ({by_status})" if answers else "0"


def main(command: Sequence[str] = SERVER) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refusals", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="recordings; default: samples/ and more")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=5, help="s between two attempts of a client, on average")
    parser.add_argument("--minutes", type=float, default=30, help="length of the recordings that fill the queue")
    given = parser.parse_args()
    machine = describe_machine(cores())
    os.environ |= {"MAX_QUEUE": str(WAITING), "RATE_LIMIT": "0"}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            recordings = prepare(given.files or find_audio(), folder / "given", load_settings())
            long = join(recordings, 60 * given.minutes, folder / "long.wav")
            clip = cut(recordings[0], CLIP, folder / "clip.wav")
            with serving(folder, tuple(command)) as server:
                figures = measure(server, long.wav, clip.wav, given.clients, given.seconds, given.pause)
                print(f"{machine_line(machine)}\n{describe(figures)}")
    except (DiarizationError, Unanswered, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
