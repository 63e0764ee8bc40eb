from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from client import Client
from commands import remote
from formats import FORMATS
from jobs.database import open_database
from keys.key import Scope
from keys.store import KeyStore
from settings import ROOT
from tests.fakes import IN_TIME, SECRET, wait_until
from tests.web.conftest import LiveServer, StartServer, start_server

__all__ = ["start_server"]
Cli = Callable[..., Result]
Recorded = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever loads any fails."""
    monkeypatch.setitem(sys.modules, "nemo_processor", None)
    monkeypatch.delenv("DIARIZATION_API_KEY", raising=False)


def test_the_service_does_the_work(cli: Cli, live: LiveServer, recording: Recorded) -> None:
    talk = recording("talk.wav")
    result = cli("transcribe", talk, "--server", live.url, "--num-speakers", 2, "--language", "en")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)
    made = json.loads(result.stdout)
    assert made["conversation"] == [{"speaker": "SPEAKER_00", "start_time": 0.0, "end_time": 1.0, "text": SECRET}]
    assert made["language"] == "en"
    assert f"{talk}: warning: 1 channels, 2 speakers" in result.stderr


def test_options_are_the_services_to_judge(cli: Cli, live: LiveServer, recording: Recorded) -> None:
    talk = recording("call.wav", channels=2)
    asked = ("--channels", "per_channel", "--keyterm", "NeMo", "--words", "--json", "--server", live.url)
    (row,) = map(json.loads, cli("transcribe", talk, *asked).stdout.splitlines())
    assert row["result"]["conversation"][0]["words"][0]["text"] == SECRET
    assert "2 channels" in row["result"]["warnings"][0]
    refused = cli("transcribe", talk, "--profile", "other", "--server", live.url)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"{talk}: error: profile must be one of ")
    assert cli("transcribe", talk, "--identify", "--json", "--server", live.url).exit_code == 0
    assert cli("transcribe", talk, "--identify").exit_code == 2
    refused = cli("transcribe", talk, "--keyterm", "a, b", "--server", live.url)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)


def test_one_bad_file_does_not_stop_the_rest(cli: Cli, live: LiveServer, recording: Recorded, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not audio at all\n" * 100)
    files = [text, tmp_path / "missing.wav", tmp_path, recording("silence.wav"), recording("good.wav")]
    result = cli("transcribe", *files, "--out", tmp_path / "out", "--json", "--server", live.url)
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    codes = [row["error"]["code"] if "error" in row else None for row in rows]
    assert codes == ["unsupported_media", "missing_audio", "missing_audio", "empty_audio", None]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.json"]
    assert all(f"{file}: error: " in result.stderr for file in files[:4])


@pytest.mark.parametrize(
    ("server", "code"),
    [("http://127.0.0.1:9", 3), ("ftp://127.0.0.1", 2), ("nowhere", 2), ("{live}/nothing/here", 3)],
)
def test_where_no_service_is_nothing_is_sent(
    cli: Cli, live: LiveServer, recording: Recorded, server: str, code: int
) -> None:
    result = cli("transcribe", recording("talk.wav"), "--server", server.format(live=live.url))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_service_without_models_is_exit_code_3(cli: Cli, start_server: StartServer, recording: Recorded) -> None:
    server = start_server("load_when_allowed")
    wait_until(lambda: server.status()["status"] == "error")
    result = cli("transcribe", recording("talk.wav"), "--server", server.url)
    assert (result.exit_code, result.stderr) == (3, "Error: The model file is missing.\n")


def test_the_key_comes_from_the_environment_or_an_option(
    cli: Cli, start_server: StartServer, recording: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server().wait_ready()
    engine = open_database(f"sqlite:///{server.folder / 'data' / 'jobs.db'}")
    text, _ = KeyStore(engine).create("x", [Scope.READ, Scope.WRITE])
    engine.dispose()
    asked = ("transcribe", recording("talk.wav"), "--server", server.url)
    for given in ((), ("--key", "dk_wrong")):
        refused = cli(*asked, *given)
        assert (refused.exit_code, refused.stderr.count("\n")) == (3, 1)
        assert "dk_wrong" not in refused.stderr
    assert cli(*asked, "--key", text).exit_code == 0
    monkeypatch.setenv("DIARIZATION_API_KEY", text)
    assert cli(*asked).exit_code == 0
    assert text not in cli("transcribe", "--help").stdout


def test_an_interruption_cancels_the_job_and_stops_the_command(
    cli: Cli, live: LiveServer, recording: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, float]] = []

    class Bars:
        def __init__(self, title: str) -> None: ...

        def __enter__(self) -> Callable[[str, float], None]:
            return self.show

        def __exit__(self, *_: object) -> None: ...

        def show(self, stage: str, fraction: float) -> None:
            shown.append((stage, fraction))
            if stage == "service":
                raise KeyboardInterrupt

    monkeypatch.setattr(remote, "stage_bars", Bars)
    result = cli("transcribe", recording("slow-600.wav"), recording("next.wav"), "--server", live.url)
    assert (result.exit_code, result.stdout) == (130, "")
    assert [stage for stage, _ in shown] == ["upload", "service"]
    assert shown[0] == ("upload", 1.0)
    with Client(live.url) as service:
        job = next(service.jobs())
        assert service.wait(job, timeout=IN_TIME).state == "cancelled"


def test_every_format_is_what_the_service_would_write(cli: Cli, offline: LiveServer, tmp_path: Path) -> None:
    sample = ROOT / "samples" / "planning_meeting.flac"
    wanted = [part for name in FORMATS for part in ("--format", name)]
    result = cli("transcribe", sample, *wanted, "--words", "--out", tmp_path, "--server", offline.url)
    assert result.exit_code == 0, result.stderr
    with Client(offline.url) as service:
        job = next(service.jobs("done"))
        for name, written in FORMATS.items():
            ours = (tmp_path / f"planning_meeting.{written.EXTENSION}").read_bytes()
            assert ours == service.file(job, name, words=True), name
