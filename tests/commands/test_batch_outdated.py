from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from commands.batch_manifest import FILE
from commands.batch_outdated import remove_results
from tests.commands.conftest import summary


@pytest.fixture
def calls(unlike, tmp_path: Path) -> Path:
    for name in ("b.wav", "z.wav"):
        unlike(f"calls/{name}")
    return tmp_path / "calls"


@pytest.fixture
def run(cli, processor, calls: Path, tmp_path: Path) -> Any:
    """run("--format", "srt", of="z.wav"): the rows {file: (state, name)} of a batch, what lies in --out after it, and
    how often something was heard so far."""

    def start(*options: str, of: str = "", code: int = 0) -> tuple[dict[str, tuple[str, str]], list[str], int]:
        result = cli("batch", calls / of, "--out", tmp_path / "out", "--json", *options)
        assert result.exit_code == code, result.stderr
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        found = {Path(row["file"]).stem: (row["state"], row["name"]) for row in rows}
        own = (FILE, "summary.csv")
        left = sorted(path.name for path in (tmp_path / "out").glob("[!.]*") if path.name not in own)
        return found, left, len(processor.asked)

    return start


def files_of(out: Path) -> list[str]:
    return [Path(json.loads(line)["file"]).name for line in (out / FILE).read_bytes().splitlines()]


def test_what_another_recording_was_put_in_place_of_leaves_no_results(run, calls, tmp_path) -> None:
    run("--format", "json,srt")
    (calls / "b.wav").write_bytes((calls / "z.wav").read_bytes())
    assert run("--format", "json,srt") == ({"b": ("skipped", "z"), "z": ("copy", "z")}, ["z.json", "z.srt"], 2)
    assert files_of(tmp_path / "out") == ["z.wav"]
    assert len(list((tmp_path / "out" / ".heard").iterdir())) == 1


def test_what_changed_leaves_no_results_in_formats_that_are_no_longer_asked_for(run, calls, unlike) -> None:
    run("--format", "json,srt")
    unlike("calls/other.wav").rename(calls / "b.wav")
    found, left, _ = run("--format", "json")
    assert (found["b"], left) == (("done", "b"), ["b.json", "z.json", "z.srt"])


def test_results_that_somebody_changed_stay(run, calls, tmp_path, cli) -> None:
    run()
    (tmp_path / "out" / "b.json").write_text("mine")
    (calls / "b.wav").write_bytes((calls / "z.wav").read_bytes())
    result = cli("batch", calls, "--out", tmp_path / "out")
    assert "b.json is of a recording that is gone. It stays" in result.stderr
    assert (tmp_path / "out" / "b.json").read_text() == "mine"
    assert files_of(tmp_path / "out") == ["z.wav"]


def test_two_that_changed_places_keep_their_results_and_are_not_heard_again(run, calls, tmp_path) -> None:
    run()
    (calls / "b.wav").rename(calls / "x")
    (calls / "z.wav").rename(calls / "b.wav")
    (calls / "x").rename(calls / "z.wav")
    swapped = {"b": ("skipped", "z"), "z": ("skipped", "b")}
    assert run() == (swapped, ["b.json", "z.json"], 2)
    assert sorted(files_of(tmp_path / "out")) == ["b.wav", "z.wav"]
    assert run(of="b.wav") == ({"b": ("skipped", "z")}, ["b.json", "z.json"], 2)
    assert run() == (swapped, ["b.json", "z.json"], 2)


def test_what_was_moved_keeps_its_results_where_a_new_one_took_its_place(run, calls, unlike, tmp_path) -> None:
    run()
    (calls / "b.wav").rename(calls / "a.wav")
    unlike("calls/b2.wav").rename(calls / "b.wav")
    found, left, heard = run()
    assert found["a"] == ("skipped", "b")
    assert found["b"][1].startswith("b-")
    assert left == sorted([f"{found['b'][1]}.json", "b.json", "z.json"])
    assert heard == 3
    again, _, heard = run()
    assert ({state for state, _ in again.values()}, heard) == ({"skipped"}, 3)


def test_a_batch_that_was_broken_off_removes_nothing(run, calls, recording, tmp_path) -> None:
    run()
    (calls / "b.wav").rename(calls / "y.wav")
    recording("calls/interrupted.wav")
    (calls / "b.wav").write_bytes((calls / "z.wav").read_bytes())
    assert run(code=130)[1:] == (["b.json", "z.json"], 3)
    assert len(files_of(tmp_path / "out")) == 2


def test_what_a_killed_batch_had_replaced_goes_when_the_next_begins(run, calls, tmp_path) -> None:
    run("--format", "json,srt")
    out = tmp_path / "out"
    line = next(json.loads(line) for line in (out / FILE).read_bytes().splitlines() if b"b.wav" in line)
    other = line | {"sha256": "f" * 64, "results": {"json": "b.json"}}
    (out / FILE).write_bytes((out / FILE).read_bytes() + json.dumps(other).encode() + b"\n")
    assert run("--format", "json", of="z.wav")[1] == ["b.json", "z.json", "z.srt"]


def test_lines_of_old_without_digests_hold_and_their_results_stay(run, calls, tmp_path) -> None:
    run()
    file = tmp_path / "out" / FILE
    rows = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert all(row.pop("digests") for row in rows)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert set(summary(tmp_path / "out")) == {"b", "z"}
    assert run()[2] == 2
    (calls / "b.wav").write_bytes((calls / "z.wav").read_bytes())
    assert run()[1] == ["b.json", "z.json"]
    assert files_of(tmp_path / "out") == ["z.wav"]


def test_only_what_was_written_and_nobody_claims_is_removed(tmp_path, capsys) -> None:
    for name in ("gone", "Claimed", "changed", "target"):
        (tmp_path / name).write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("target")
    digest = hashlib.sha256(b"text").hexdigest()
    written = dict.fromkeys(("gone", "Claimed", "missing", "folder", "link"), digest) | {"changed": None}
    remove_results(tmp_path, [written], {"claimed"})
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["Claimed", "changed", "folder", "link", "target"]
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" is of ")[0] for line in said] == ["folder", "link", "changed"]
    assert "It cannot be removed: Is a directory." in said[0]
