from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands.batch_manifest import KEPT
from tests.commands.conftest import FakeProcessor, summary


@pytest.fixture
def again(cli, processor: FakeProcessor, recording, tmp_path: Path) -> Any:
    """again("--format", "srt"): the state that a batch of one recording ends in, how often that was heard so far."""
    file = recording("a.wav")

    def run(*options: str) -> tuple[str, int]:
        result = cli("batch", file, "--out", tmp_path / "out", *options)
        assert result.exit_code == 0, result.stderr
        return summary(tmp_path / "out")["a"], len(processor.asked)

    return run


def test_another_format_is_written_of_what_was_heard(again, processor, tmp_path) -> None:
    assert again() == ("done", 1)
    assert again("--format", "json,srt") == ("done", 1)
    assert "Hello there." in (tmp_path / "out" / "a.srt").read_text()
    assert again("--format", "SRT") == again() == ("skipped", 1)
    assert processor.loads == ["auto"]


def test_words_come_of_what_was_heard(again, tmp_path) -> None:
    def words() -> list[str]:
        rows = json.loads((tmp_path / "out" / "a.json").read_bytes())["conversation"]
        return [word["text"] for row in rows for word in row.get("words", ())]

    assert (again(), words()) == (("done", 1), [])
    assert (again("--words"), words()) == (("done", 1), ["Hello", "there."])
    assert again("--words") == ("skipped", 1)
    assert (again(), words()) == (("done", 1), [])


def test_a_result_that_was_deleted_is_written_again(again, tmp_path) -> None:
    again("--format", "txt")
    (tmp_path / "out" / "a.txt").unlink()
    assert again("--format", "txt") == ("done", 1)
    assert (tmp_path / "out" / "a.txt").is_file()


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_what_was_not_kept_is_heard_anew(again, tmp_path, damage) -> None:
    again()
    (kept,) = (tmp_path / "out" / KEPT).iterdir()
    damage(kept)
    assert again("--format", "srt") == ("done", 2)


def test_what_was_heard_with_other_options_is_not_kept(again, tmp_path) -> None:
    again()
    assert again("--num-speakers", "2") == ("done", 2)
    again("--num-speakers", "2")
    assert len([*(tmp_path / "out" / KEPT).iterdir()]) == 1
