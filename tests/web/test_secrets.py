"""What nobody may find in a log, on the console or among the figures, whatever is sent and whatever goes wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from werkzeug.routing import Rule

from app import create_app
from executors.inline import InlineExecutor
from jobs.storage import open_engine
from keys.key import Scope
from keys.store import KeyStore
from tests.fakes import SECRET, FakeProcessor, fake_settings, wait_until, wav
from tests.media import SAMPLE, ffmpeg
from tests.web.conftest import LiveServer, StartServer
from web.context import service_of

WORD = "hunter2"  # in all that clients send
HEADERS = {
    "User-Agent": WORD,
    "Referer": f"https://{WORD}.example/",
    "Cookie": f"session={WORD}",
    "X-Request-ID": f"{WORD}!",
    "X-Forwarded-For": WORD,
    "Accept": f"{WORD}/{WORD}",
    "Accept-Language": WORD,
    "Range": WORD,
    "Prefer": WORD,
    WORD: WORD,
}
OPTIONS = (
    "num_speakers", "min_speakers", "language", "channels", "diarizer", "profile", "words", "format", "metadata",
    "webhook_url", WORD,
)  # fmt: skip
RAW = (  # what is no HTTP, or breaks off
    f"GET /{WORD}?{WORD} HTTP/9.9\r\n\r\n",
    f"GET /status HTTP/1.1\r\n{WORD} : {WORD}\r\n\r\n",
    f"{WORD}\r\n\r\n",
    f"GET /{WORD}",
    f"POST /diarize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nContent-Type: {WORD}\r\n\r\n{WORD}",
    f"POST /jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{WORD}\r\n{WORD}\r\n0\r\n\r\n",
    "POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    f'--x\r\nContent-Disposition: form-data; name="audio"; filename="{WORD}.wav"\r\n\r\n{WORD}',
)


def rules(folder: Path) -> list[Rule]:
    """Every route of the service, those too that nobody has thought of here."""
    app = create_app(fake_settings(folder), InlineExecutor(FakeProcessor()))
    service_of(app).close()
    return list(app.url_map.iter_rules())


def send_all_that_is_bad(server: LiveServer, routes: list[Rule]) -> None:
    for route in routes:
        address = server.url + "".join(f"/{WORD}" if "<" in part else f"/{part}" for part in route.rule.split("/")[1:])
        for method in sorted(route.methods or ()):
            for body in ({"data": WORD}, {"json": {WORD: WORD}}, {"files": {"audio": (f"{WORD}.wav", wav())}}):
                if route.rule.endswith(("/diarize", "/jobs")) and "files" in body:
                    continue  # nothing wrong with that one
                requests.request(method, f"{address}?{WORD}={WORD}&limit={WORD}", headers=HEADERS, timeout=60, **body)
    for name in OPTIONS:
        refused = post(server, f"{WORD}.wav", **{name: WORD})
        assert (refused.status_code == 202) == (name in (WORD, "language", "words")) or refused.status_code >= 400
    for audio in (WORD.encode() * 100, b"#EXTM3U\n" + WORD.encode(), wav()[:30] + WORD.encode()):
        assert 400 <= post(server, f"{WORD}.wav", audio).status_code < 500
    requests.request(WORD.upper(), f"{server.url}/status", timeout=60)
    requests.get(f"{server.url}/jobs", {"state": WORD, "before": WORD}, timeout=60)
    for name in ("X-API-Key", "Authorization"):
        key = {name: f"Bearer {WORD}" if name == "Authorization" else WORD}
        assert requests.get(f"{server.url}/jobs", headers=key, timeout=60).status_code == 401
    for text in RAW:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(text.encode())


def post(server: LiveServer, name: str, audio: bytes = b"", **fields: str) -> requests.Response:
    files = {"audio": (name, audio or wav())}
    return requests.post(f"{server.url}/jobs", files=files, data=fields, timeout=60)


def run_jobs(server: LiveServer, folder: Path) -> None:
    """Some that are done, and others that end badly in every way."""
    metadata = {"metadata": json.dumps({WORD: WORD}), "keyterms": WORD}
    ffmpeg("-i", SAMPLE, "-t", "1", "-metadata", f"title={WORD}", folder / f"{WORD}.mp3")
    tagged = (folder / f"{WORD}.mp3").read_bytes()
    names = [f"{kind}-{WORD}.wav" for kind in ("fine", "fault", "silence", "cuda", "crash")]
    accepted = [post(server, name, **metadata) for name in names] + [post(server, f"{WORD}.mp3", tagged, **metadata)]
    files = {"audio": (f"{WORD}.wav", wav())}
    for body in (wav(), wav(2.0)):  # the second is another request under the same key
        files = {"audio": (f"{WORD}.wav", body)}
        requests.post(f"{server.url}/jobs", files=files, headers={"Idempotency-Key": WORD}, timeout=60)
    jobs = [f"{server.url}{answer.headers['Location']}" for answer in accepted]
    for job in jobs:
        wait_until(lambda job=job: requests.get(job, timeout=60).json()["ended_at"], seconds=60)
    results = [requests.get(f"{job}/result", timeout=60) for job in jobs]
    assert [answer.status_code for answer in results] == [200, 500, 422, 500, 500, 200]
    assert SECRET in results[0].text
    change = {"changes": [{"edit": "rename", "speaker": "SPEAKER_00", "name": WORD}]}
    assert requests.patch(f"{jobs[0]}/speakers", json=change, timeout=60).status_code == 200
    requests.post(f"{jobs[0]}/recluster", data={"num_speakers": WORD}, timeout=60)
    assert requests.delete(jobs[0], timeout=60).status_code == 204


def figures(server: LiveServer, key: str = "") -> str:
    answer = requests.get(f"{server.url}/metrics", headers={"X-API-Key": key} if key else {}, timeout=60)
    assert answer.status_code == 200
    return answer.text


def told(server: LiveServer) -> Iterator[str]:
    yield from server.log.splitlines()
    yield from server.console.splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_was_sent_or_said_is_told(form: str, start_server: StartServer, tmp_path: Path) -> None:
    routes = rules(tmp_path / "routes")
    own = {"log_level": "DEBUG", "nemo_log_level": "DEBUG", "log_format": form, "job_attempts": 1, "max_upload_mb": 1}
    server = start_server(**own, webhook_secret=f"{WORD}-{WORD}-{WORD}-{WORD}-{WORD}-{WORD}").wait_ready()
    run_jobs(server, tmp_path)
    send_all_that_is_bad(server, routes)
    wait_until(lambda: server.log.count("Invalid request from ip=127.0.0.1") >= 3)
    keys = KeyStore(open_engine(server.folder / "data"))
    key, _ = keys.create(WORD, [Scope.METRICS])
    texts = [*told(server), figures(server, key), *told(server)]
    server.stop()
    texts += told(server)
    for text in texts:
        assert all(secret not in text.lower() for secret in (WORD, SECRET, key.rpartition("_")[2].lower())), text
    # It is not there because it was left out, and not because nothing was logged.
    for words in (
        "Unexpected error",
        "Refused with 400",
        "giving it up",
        "The accelerator failed",
        "GET /status -> 200",
    ):
        assert words in server.log
    assert "RuntimeError" in server.log


def test_models_that_cannot_be_loaded_do_not_tell_either(start_server: StartServer) -> None:
    server = start_server("load_faulty", log_level="DEBUG")
    wait_until(lambda: server.status()["status"] == "error")
    assert "RuntimeError" in server.log
    assert all(SECRET not in line for line in [*told(server), figures(server)])


def test_in_json_every_line_of_every_process_is_one_event(start_server: StartServer) -> None:
    """With the real models: their libraries print nothing beside it, and no word of what they heard."""
    own = {"model_config": "offline", "log_level": "DEBUG", "nemo_log_level": "DEBUG", "log_format": "json"}
    server = start_server("nemo_processor:warm_processor", **own, cpu_threads=2).wait_ready()
    ffmpeg("-t", "15", "-i", SAMPLE, server.folder / "clip.wav")
    answer = server.post(WORD, (server.folder / "clip.wav").read_bytes(), words="true", keyterms="launch")
    said = [segment["text"] for segment in answer.json()["conversation"]]
    server.stop()
    events = [json.loads(line) for line in told(server)]
    assert {"gunicorn.error", "nemo_logger", "pipeline.readiness", "jobs.intake"} <= {one["logger"] for one in events}
    assert len({one["process"] for one in events}) == 3, "gunicorn's, the web process, the worker"
    lines = " ".join(told(server))
    assert WORD not in lines
    words = " ".join(said).split()
    assert len(words) > 20
    assert [phrase for at in range(len(words) - 2) if (phrase := " ".join(words[at : at + 3])) in lines] == []
