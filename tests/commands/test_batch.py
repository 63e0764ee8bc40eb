from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from client import Client
from commands import batch as command
from settings import ROOT
from tests.commands.conftest import FakeProcessor
from tests.fakes import wait_until
from tests.web.conftest import LiveServer

Cli = Callable[..., Result]
Recorded = Callable[..., Path]


def summary(out: Path) -> dict[str, str]:
    """{name: state}"""
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as opened:
        return {row["name"]: row["state"] for row in csv.DictReader(opened)}


@pytest.fixture
def unlike(recording: Recorded) -> Recorded:
    """unlike("a.wav"): a recording with a content of its own."""

    def make(name: str) -> Path:
        path = recording(name)
        path.write_bytes(path.read_bytes() + name.encode())  # after the sound
        return path

    return make


def test_a_folder_is_done_and_its_folders_are_kept(
    cli: Cli, processor: FakeProcessor, unlike: Recorded, tmp_path: Path
):
    for name in ("calls/monday/talk.wav", "calls/tuesday/talk.wav"):
        unlike(name)
    out = tmp_path / "out"
    result = cli(
        "batch", tmp_path / "calls", "--out", out, "--format", "json,srt", "--language", "de", "--keyterm", "NeMo"
    )
    assert (result.exit_code, result.stdout) == (0, "")
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*") if path.name[0] != ".") == [
        "batch.json",
        "monday/talk.json",
        "monday/talk.srt",
        "summary.csv",
        "tuesday/talk.json",
        "tuesday/talk.srt",
    ]
    assert summary(out) == {"monday/talk": "done", "tuesday/talk": "done"}
    assert processor.loads == ["auto"]
    assert {(options.language, options.keyterms) for *_, options in processor.asked} == {("de", ("NeMo",))}
    assert result.stderr.splitlines()[-1] == f"2 done: {out / 'summary.csv'}"


def test_what_is_done_is_skipped_by_its_content_and_no_models_are_loaded(cli, processor, unlike, tmp_path) -> None:
    first, second = unlike("calls/a.wav"), unlike("calls/b.wav")
    asked = ("batch", tmp_path / "calls", "--out", tmp_path / "out")
    cli(*asked)
    first.rename(first.with_name("renamed.wav"))
    again = cli(*asked)
    assert (again.exit_code, len(processor.asked), processor.loads) == (0, 2, ["auto"])
    assert set(summary(tmp_path / "out").values()) == {"skipped"}
    second.write_bytes(second.read_bytes() + b"new")
    cli(*asked)
    assert summary(tmp_path / "out") == {"b": "done", "a": "skipped"}
    cli(*asked, "--num-speakers", 2)
    assert set(summary(tmp_path / "out").values()) == {"done"}


def test_one_that_fails_does_not_stop_the_rest_and_is_tried_again(cli, processor, unlike, tmp_path) -> None:
    broken = unlike("calls/broken.wav")
    (tmp_path / "calls" / "notes.mp3").write_text("no sound\n" * 100)
    unlike("calls/z.wav")
    out, asked = tmp_path / "out", ("batch", tmp_path / "calls", "--out", tmp_path / "out")
    result = cli(*asked, "--json")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["name"], row["state"], bool(row["error"])) for row in rows] == [
        ("broken", "failed", True),
        ("notes", "failed", True),
        ("z", "done", False),
    ]
    broken.rename(broken.with_name("mended.wav"))
    cli(*asked)
    assert summary(out) == {"mended": "done", "notes": "failed", "z": "skipped"}


@pytest.mark.parametrize(("name", "fmt"), [("batch", "json"), ("summary", "csv")])
def test_a_recording_called_like_a_file_of_the_batch_keeps_its_result(cli, processor, unlike, tmp_path, name, fmt):
    unlike(f"calls/{name}.wav")
    unlike("calls/z.wav")
    out, asked = tmp_path / "out", ("batch", tmp_path / "calls", "--out", tmp_path / "out", "--format", fmt)
    assert cli(*asked).exit_code == 0
    (result,) = out.glob(f"{name}-*.{fmt}")
    assert "Hello there." in result.read_text()
    assert cli(*asked).exit_code == 0
    assert summary(out) == {result.stem: "skipped", "z": "skipped"}
    assert len(processor.asked) == 2


def test_a_copy_is_heard_once(cli, processor, recording, tmp_path) -> None:
    recording("calls/a.wav")
    recording("calls/b.wav")
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out")
    assert (result.exit_code, len(processor.asked)) == (0, 1)
    assert summary(tmp_path / "out") == {"a": "done", "b": "copy"}


def test_an_interruption_leaves_a_state_to_go_on_from(cli, processor, unlike, tmp_path) -> None:
    unlike("calls/a.wav")
    interrupted = unlike("calls/interrupted.wav")
    unlike("calls/z.wav")
    out, asked = tmp_path / "out", ("batch", tmp_path / "calls", "--out", tmp_path / "out")
    assert cli(*asked).exit_code == 130
    assert summary(out) == {"a": "done", "interrupted": "waiting", "z": "waiting"}
    interrupted.rename(interrupted.with_name("b.wav"))
    assert cli(*asked).exit_code == 0
    assert summary(out) == {"a": "skipped", "b": "done", "z": "done"}
    assert [name for name, *_ in processor.asked] == ["a", "interrupted", "b", "z"]


def test_a_full_disk_stops_it_and_leaves_nothing_half_written(cli, processor, unlike, tmp_path, monkeypatch) -> None:
    for name in ("calls/a.wav", "calls/b.wav", "calls/c.wav"):
        unlike(name)
    write = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        if processor.asked[-1][0] == "b" and path.suffix == ".partial" and b"conversation" in data:
            write(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "b.json cannot be written: No space left on device." in result.stderr
    assert "The same command goes on from here." in result.stderr
    assert summary(tmp_path / "out") == {"a": "done", "b": "failed", "c": "waiting"}
    assert not list((tmp_path / "out").rglob("*.partial"))
    assert len(processor.asked) == 2


def test_a_fault_of_the_program_itself_is_not_hidden(cli, live, recording, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(command.Work, "_save", lambda *_: 1 / 0)
    result = cli("batch", recording("a.wav"), "--out", tmp_path / "out", "--server", live.url)
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("missing",), "There is no"),
        (("calls", "--format", "docx"), "format must be one of"),
        (("calls", "--jobs", 2), "--jobs above 1 is for a service"),
        (("calls", "--num-speakers", 0), "num_speakers"),
        (("calls", "--identify"), "--identify needs --server"),
    ],
)
def test_a_wrong_command_is_a_usage_error(cli, processor, recording, tmp_path, monkeypatch, arguments, said) -> None:
    recording("calls/a.wav")
    monkeypatch.chdir(tmp_path)
    result = cli("batch", *arguments, "--out", "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert processor.loads == []
    assert not Path("out").exists() or not any(Path("out").iterdir())


def test_a_service_does_several_at_once(cli: Cli, live: LiveServer, unlike: Recorded, tmp_path: Path) -> None:
    for number in range(5):
        unlike(f"calls/{number}.wav")
    (tmp_path / "calls" / "notes.mp3").write_text("no sound\n" * 100)
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out", "--server", live.url, "--jobs", 3)
    assert result.exit_code == 1
    assert summary(tmp_path / "out") == {str(number): "done" for number in range(5)} | {"notes": "failed"}
    assert len(list((tmp_path / "out").glob("*.json"))) == 6


def test_a_service_that_goes_away_stops_it(cli, live, unlike, tmp_path, monkeypatch) -> None:
    unlike("calls/a.wav")
    unlike("calls/b.wav")
    monkeypatch.setattr("commands.remote.PATIENCE", 0.0)

    def vanish(client: Client, file: Path, **_: Any) -> None:
        client._calls.http.base_url = "http://127.0.0.1:9"
        client.job("x")

    monkeypatch.setattr(Client, "diarize", vanish)
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out", "--server", live.url, "--jobs", 1)
    assert result.exit_code == 1
    assert summary(tmp_path / "out") == {"a": "failed", "b": "waiting"}
    assert "cannot be reached" in result.stderr


def test_one_that_was_killed_goes_on(cli: Cli, live: LiveServer, unlike: Recorded, tmp_path: Path) -> None:
    unlike("calls/a.wav")
    slow = unlike("calls/slow-600.wav")
    out = tmp_path / "out"
    asked = ["batch", str(tmp_path / "calls"), "--out", str(out), "--server", live.url, "--jobs", "1"]
    with Client(live.url) as service:
        killed = subprocess.Popen([sys.executable, "cli.py", *asked], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: (out / "batch.json").exists() and next(service.jobs("running"), None), seconds=60)
        finally:
            os.kill(killed.pid, signal.SIGKILL)
            killed.wait()
        service.cancel(next(service.jobs("running")))
    assert (out / "a.json").is_file()
    assert not (out / "summary.csv").exists()
    slow.rename(slow.with_name("b.wav"))
    assert cli(*asked).exit_code == 0
    assert summary(out) == {"a": "skipped", "b": "done"}


def test_an_interruption_takes_back_what_a_service_has(
    cli: Cli, live: LiveServer, unlike: Recorded, tmp_path: Path
) -> None:
    unlike("calls/a.wav")
    out = tmp_path / "out"
    asked = ["batch", str(tmp_path / "calls"), "--out", str(out), "--server", live.url, "--jobs", "2"]
    assert cli(*asked).exit_code == 0  # by itself: the service may take short recordings together
    for name in ("calls/slow-601.wav", "calls/slow-602.wav"):
        unlike(name)
    with Client(live.url) as service, subprocess.Popen([sys.executable, "cli.py", *asked], cwd=ROOT) as running:
        try:
            wait_until(lambda: len([*service.jobs("running", "queued")]) == 2, seconds=60)
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 130
        finally:
            running.kill()
        wait_until(lambda: not [*service.jobs("running", "queued")], seconds=20)
    assert summary(out) == {"a": "skipped", "slow-601": "waiting", "slow-602": "waiting"}


def test_the_offline_profile_does_two_clips(tmp_path: Path, clips: Path) -> None:
    out = tmp_path / "out"
    environment = os.environ | {"MODEL_CONFIG": "offline", "LOG_DIR": str(tmp_path / "logs")}
    asked = [sys.executable, "cli.py", "batch", str(clips), "--out", str(out), "--format", "json,textgrid"]
    asked += ["--language", "en", "--words"]
    done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert summary(out) == {"first": "done", "second": "done"}
    said = {row["text"] for row in json.loads((out / "first.json").read_bytes())["conversation"]}
    assert "start" in " ".join(said)
    again = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (again.returncode, set(summary(out).values())) == (0, {"skipped"})


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two times 6 s of the sample, apart."""
    import soundfile

    folder = tmp_path / "clips"
    folder.mkdir()
    samples, rate = soundfile.read(ROOT / "samples" / "planning_meeting.flac", dtype="float32")
    for number, name in enumerate(("first", "second")):
        soundfile.write(folder / f"{name}.wav", samples[number * 6 * rate : (number + 1) * 6 * rate], rate)
    return folder
