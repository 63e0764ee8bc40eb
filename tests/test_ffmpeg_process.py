from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

import ffmpeg_process
from errors import MediaToolError
from ffmpeg_process import MEMORY, Limits, find_ffmpeg, run_ffmpeg, version_of
from settings import load_settings
from tests.fakes import wait_until


@pytest.fixture
def fake(tmp_path: Path):
    """Limits whose ffmpeg is a shell script."""

    def make(script: str, timeout: float = 30.0) -> Limits:
        path = tmp_path / "fake-ffmpeg"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return Limits(str(path), seconds=60, timeout=timeout, bytes=2**20)

    return make


def test_it_runs_rationed_in_its_folder_with_a_clean_environment(tmp_path: Path, fake, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    monkeypatch.setenv("FFREPORT", "file=report.log")
    limits = fake('for o in c n v t f; do ulimit -$o; done >&2; env >&2; pwd >&2; echo "$@" >&2; cat >&2')
    done = run_ffmpeg(["-i", "x y"], tmp_path, limits)
    core, files, memory, seconds, blocks = done.log.split()[:5]
    assert (core, files, memory, seconds) == ("0", "64", str(MEMORY // 1024), "31")
    assert limits.bytes < int(blocks) * 512 < limits.bytes + 2**22
    assert "do not tell" not in done.log
    assert "FFREPORT" not in done.log
    assert str(tmp_path) in done.log.splitlines()
    assert "-i x y" in done.log.splitlines()
    assert (done.returncode, done.timed_out) == (0, False)


def test_a_file_larger_than_the_limit_cannot_be_written(tmp_path: Path, fake) -> None:
    with pytest.raises(MediaToolError):
        run_ffmpeg([], tmp_path, fake("exec dd if=/dev/zero of=big bs=65536 count=1000"))
    assert (tmp_path / "big").stat().st_size <= 2**22


def test_after_the_timeout_the_whole_process_group_is_killed(tmp_path: Path, fake) -> None:
    started = time.monotonic()
    done = run_ffmpeg([], tmp_path, fake('sleep 300 & echo $! >child; echo "before" >&2; sleep 300', timeout=0.5))
    assert done.timed_out
    assert "before" in done.log
    assert time.monotonic() - started < 30
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not _alive(child))


def test_endless_talk_is_read_and_only_its_ends_are_kept(tmp_path: Path, fake) -> None:
    done = run_ffmpeg([], tmp_path, fake("{ echo first; yes | head -c 20000000; echo last; } >&2"))
    assert done.log.startswith("first")
    assert done.log.endswith("last\n")
    assert len(done.log) < 200_000


def test_its_own_death_and_a_failed_start_are_the_servers_fault(tmp_path: Path, fake) -> None:
    with pytest.raises(MediaToolError, match="-11"):
        run_ffmpeg([], tmp_path, fake("kill -SEGV $$"))
    with pytest.raises(MediaToolError):
        run_ffmpeg([], tmp_path, Limits(str(tmp_path / "absent"), seconds=1, timeout=5))


def test_an_exit_code_is_the_callers_to_judge(tmp_path: Path, fake) -> None:
    assert run_ffmpeg([], tmp_path, fake("exit 69")).returncode == 69


def test_many_at_once(tmp_path: Path, fake) -> None:
    limits = fake('echo "$1" >&2')
    logs: dict[int, str] = {}

    def run(number: int) -> None:
        logs[number] = run_ffmpeg([str(number)], tmp_path, limits).log.strip()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logs == {number: str(number) for number in range(16)}


def test_ffmpeg_comes_from_the_setting_then_the_path_then_imageio(tmp_path: Path, fake, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bundled = find_ffmpeg()
    assert os.access(bundled, os.X_OK)
    (tmp_path / "bin").mkdir()
    on_path = tmp_path / "bin" / "ffmpeg"
    on_path.symlink_to(bundled)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_ffmpeg() == str(on_path)
    own = fake("exit 0").ffmpeg
    assert find_ffmpeg(own) == own
    monkeypatch.chdir(tmp_path)
    assert find_ffmpeg("./fake-ffmpeg") == own


def test_no_ffmpeg_is_an_error_that_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(MediaToolError, match="FFMPEG_BIN"):
        find_ffmpeg(str(tmp_path / "absent"))
    with pytest.raises(MediaToolError, match="FFMPEG_BIN"):
        Limits.of(load_settings(ffmpeg_bin=str(tmp_path / "absent")))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(MediaToolError, match="pip install imageio-ffmpeg"):
        find_ffmpeg()


def test_the_version_is_ffmpegs_own_word(fake) -> None:
    assert version_of(fake("echo 'ffmpeg version 5.1.9-0+deb12u1 Copyright (c) ...'").ffmpeg) == "5.1.9-0+deb12u1"


@pytest.mark.parametrize("script", ["echo hello", "exit 1", "echo ffmpeg"])
def test_another_program_is_not_taken_for_ffmpeg(fake, script: str) -> None:
    with pytest.raises(MediaToolError):
        version_of(fake(script).ffmpeg)


def test_limits_come_from_the_settings() -> None:
    limits = Limits.of(load_settings(max_audio_minutes=2, ffmpeg_timeout=7))
    assert (limits.seconds, limits.timeout, limits.bytes) == (120, 7, ffmpeg_process.WAV_BYTES)


def _alive(pid: int) -> bool:
    """Whether it still runs; a dead child that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
