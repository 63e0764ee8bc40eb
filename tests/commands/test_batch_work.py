from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from typer.testing import Result

from client import Client
from commands.batch_results import Results, Written
from pipeline.types import Conversation
from settings import ROOT
from tests.commands.conftest import summary
from tests.fakes import wait_until
from tests.web.conftest import LiveServer

Cli = Callable[..., Result]
Recorded = Callable[..., Path]


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


def test_a_copy_of_one_that_failed_failed_too(cli, processor, recording, unlike, tmp_path) -> None:
    first, copy = recording("calls/broken.wav"), recording("calls/copy.wav")
    unlike("calls/z.wav")
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out", "--json")
    assert (result.exit_code, len(processor.asked)) == (1, 2)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["state"] for row in rows] == ["failed", "failed", "done"]
    assert rows[1]["file"] == str(copy)
    assert rows[1]["error"] == f"the same recording as {first}, which failed: {rows[0]['error']}"


def test_a_copy_of_one_that_waits_waits_too(cli, processor, recording, tmp_path) -> None:
    recording("calls/interrupted.wav")
    recording("calls/z.wav")
    assert cli("batch", tmp_path / "calls", "--out", tmp_path / "out").exit_code == 130
    assert summary(tmp_path / "out") == {"interrupted": "waiting", "z": "waiting"}


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_of_the_program_itself_ends_one_and_is_logged(cli, live, unlike, tmp_path, monkeypatch, caplog, jobs):
    write = Results.write

    def fault(results: Results, conversation: Conversation, name: str, *rest: Any) -> Written:
        return (
            Written({"json": "\udcff".encode().decode()}, {})
            if name == "a"
            else write(results, conversation, name, *rest)
        )

    monkeypatch.setattr(Results, "write", fault)
    unlike("calls/a.wav")
    unlike("calls/b.wav")
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out", "--server", live.url, "--jobs", jobs)
    assert result.exit_code == 1
    assert summary(tmp_path / "out") == {"a": "failed", "b": "done"}
    assert "Unexpected error: UnicodeEncodeError." in result.stderr
    assert "in _save" in caplog.text


def test_a_folder_that_cannot_be_made_ends_one(cli, processor, unlike, tmp_path) -> None:
    for name in ("calls/monday/a.wav", "calls/tuesday/b.wav"):
        unlike(name)
    out = tmp_path / "out"
    out.mkdir()
    (out / "monday").touch()
    result = cli("batch", tmp_path / "calls", "--out", out)
    assert result.exit_code == 1
    assert summary(out) == {"monday/a": "failed", "tuesday/b": "done"}
    assert "monday cannot be made: File exists." in result.stderr


def test_a_service_does_several_at_once(cli: Cli, live: LiveServer, unlike: Recorded, tmp_path: Path) -> None:
    for number in range(5):
        unlike(f"calls/{number}.wav")
    (tmp_path / "calls" / "notes.mp3").write_text("no sound\n" * 100)
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out", "--server", live.url, "--jobs", 3)
    assert result.exit_code == 1
    assert summary(tmp_path / "out") == {str(number): "done" for number in range(5)} | {"notes": "failed"}
    assert len(list((tmp_path / "out").glob("*.json"))) == 5


def test_two_at_once_do_not_write_one_file(cli, live, unlike, tmp_path, monkeypatch) -> None:
    both, write = Barrier(2), Results.write

    def together(*arguments: Any) -> Written:
        both.wait(60)  # each has its name, and neither is added yet
        return write(*arguments)

    monkeypatch.setattr(Results, "write", together)
    files = [unlike("calls/x.wav"), unlike("calls/x.seglst.wav")]
    asked = ("batch", *files, "--out", tmp_path / "out", "--format", "json,seglst")
    assert cli(*asked, "--server", live.url, "--jobs", 2).exit_code == 0
    assert len(list((tmp_path / "out").glob("*.json"))) == 4
    assert set(summary(tmp_path / "out").values()) == {"done"}


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
            wait_until(lambda: (out / "batch.jsonl").exists() and next(service.jobs("running"), None), seconds=60)
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
    # A shell that runs the tests in its background has them ignore SIGINT.
    hears = {"preexec_fn": partial(signal.signal, signal.SIGINT, signal.SIG_DFL)}
    command = subprocess.Popen([sys.executable, "cli.py", *asked], cwd=ROOT, **hears)
    with Client(live.url) as service, command as running:
        try:
            wait_until(lambda: len([*service.jobs("running", "queued")]) == 2, seconds=60)
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 130
        finally:
            running.kill()
        wait_until(lambda: not [*service.jobs("running", "queued")], seconds=20)
    assert summary(out) == {"a": "skipped", "slow-601": "waiting", "slow-602": "waiting"}
