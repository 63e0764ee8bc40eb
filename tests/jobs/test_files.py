from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from jobs.files import JobFiles
from pipeline.types import Conversation, Segment, Turn, Word
from tests.fakes import files_below


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "data" / "jobs")


def conversation(text: str) -> Conversation:
    word = Word(text, 0.0, 1.0, confidence=0.5, speaker="SPEAKER_00", speaker_confidence=0.25)
    segment = Segment("SPEAKER_00", 0.0, 1.0, text, words=(word,))
    return Conversation((segment,), (Turn("SPEAKER_00", 0.0, 1.0),), ("SPEAKER_00",), 1.0, "en", {"words": "m"})


def test_a_result_is_read_back_as_it_was(files: JobFiles) -> None:
    files.new("a")
    files.save_result("a", 1, conversation("Grüße \U0001f600"))
    assert files.result("a", 1) == conversation("Grüße \U0001f600")


def test_each_claim_has_a_result_of_its_own(files: JobFiles) -> None:
    files.new("a")
    files.save_result("a", 2, conversation("second"))
    files.save_result("a", 1, conversation("the late first"))
    assert files.result("a", 2) == conversation("second")


def test_nobody_else_may_read_them(files: JobFiles, tmp_path: Path) -> None:
    folder = files.new("a")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, tmp_path / "data" / "jobs")] == [0o700, 0o700]


def test_what_was_removed_is_gone(files: JobFiles) -> None:
    files.new("a")
    files.new("b")
    files.save_result("a", 1, conversation("x"))
    assert sorted(files.ids()) == ["a", "b"]
    files.remove("a")
    files.remove("a")
    assert list(files.ids()) == ["b"]
    with pytest.raises(FileNotFoundError):
        files.result("a", 1)
    with pytest.raises(FileExistsError):
        files.new("b")


def test_on_a_full_disk_nothing_is_left_half_written(files: JobFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    folder = files.new("a")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        files.save_result("a", 1, conversation("x"))
    assert list(folder.iterdir()) == []


def test_room_is_tried_and_given_back(files: JobFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert files.has_room()
    assert files_below(tmp_path) == []

    def full(_handle: int, _start: int, _length: int) -> None:
        raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not files.has_room()
