from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from commands import batch_sources, batch_work
from commands.batch_sources import sha256
from settings import ROOT
from tests.commands.conftest import FakeProcessor, summary

Cli = Callable[..., Result]
Recorded = Callable[..., Path]


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
    found = [path.relative_to(out) for path in out.rglob("*.*")]
    assert sorted(str(path) for path in found if path.parts[0][0] != ".") == [
        "batch.jsonl",
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


@pytest.mark.parametrize(("name", "fmt"), [("batch", "json"), ("summary", "csv")])
def test_a_recording_called_like_a_file_of_the_batch_keeps_its_result(cli, processor, unlike, tmp_path, name, fmt):
    unlike(f"calls/{name}.wav")
    unlike("calls/z.wav")
    out, asked = tmp_path / "out", ("batch", tmp_path / "calls", "--out", tmp_path / "out", "--format", fmt)
    assert cli(*asked).exit_code == 0
    (result,) = (path for path in out.glob(f"{name}*.{fmt}") if path.name != "summary.csv")
    assert "Hello there." in result.read_text()
    assert cli(*asked).exit_code == 0
    assert summary(out) == {result.stem: "skipped", "z": "skipped"}
    assert len(processor.asked) == 2


def test_the_next_is_read_when_the_one_before_it_is_done(cli, processor, unlike, tmp_path, monkeypatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(batch_work, "sha256", lambda file: asked.append(len(processor.asked)) or sha256(file))
    for name in ("calls/a.wav", "calls/b.wav", "calls/c.wav"):
        unlike(name)
    cli("batch", tmp_path / "calls", "--out", tmp_path / "out")
    assert asked == [0, 1, 2]


def test_those_of_one_name_are_read_in_their_turn_too_and_keep_their_names(
    cli, processor, unlike, tmp_path, monkeypatch
) -> None:
    read: list[int] = []
    for module in (batch_sources, batch_work):
        monkeypatch.setattr(module, "sha256", lambda file: read.append(len(processor.asked)) or sha256(file))
    files = [unlike(f"meetings/{number}/audio.wav") for number in (1, 2, 3)]
    asked = ("batch", *files, "--out", tmp_path / "out")
    assert (cli(*asked).exit_code, read) == (0, [0, 1, 2])
    names = [f"audio-{sha256(file)[:8]}" for file in files]
    assert summary(tmp_path / "out") == dict.fromkeys(names, "done")
    assert all((tmp_path / "out" / f"{name}.json").is_file() for name in names)
    assert cli(*asked).exit_code == 0
    assert summary(tmp_path / "out") == dict.fromkeys(names, "skipped")


def test_a_profile_that_was_changed_hears_all_anew(cli, processor, unlike, tmp_path) -> None:
    profile = tmp_path / "own.yaml"
    profile.write_bytes((ROOT / "conf" / "offline.yaml").read_bytes())
    asked = ("batch", unlike("a.wav"), "--out", tmp_path / "out", "--profile", profile)
    cli(*asked)
    assert (cli(*asked).exit_code, len(processor.asked)) == (0, 1)
    profile.write_bytes(profile.read_bytes() + b"\n# other\n")
    assert (cli(*asked).exit_code, len(processor.asked)) == (0, 2)


def test_a_copy_is_heard_once(cli, processor, recording, tmp_path) -> None:
    recording("calls/a.wav")
    recording("calls/b.wav")
    result = cli("batch", tmp_path / "calls", "--out", tmp_path / "out")
    assert (result.exit_code, len(processor.asked)) == (0, 1)
    assert summary(tmp_path / "out") == {"a": "done", "b": "copy"}


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
