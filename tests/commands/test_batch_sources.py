from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from commands.batch_sources import Source, find_sources, sha256
from errors import InvalidOption


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    for name in (
        "b.wav",
        "monday/A.MP3",
        "monday/deep/c.opus",
        "tuesday/c.wav",
        "notes.txt",
        ".hidden.wav",
        ".trash/x.wav",
    ):
        path = tmp_path / "calls" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "calls"


def names(*given: object) -> list[str]:
    return [source.name for source in find_sources([str(one) for one in given])]


def test_a_folder_gives_its_recordings_below_their_own_folders(calls: Path) -> None:
    assert names(calls) == ["b", "monday/A", "monday/deep/c", "tuesday/c"]


def test_a_glob_names_from_its_first_wildcard_on(calls: Path) -> None:
    assert names(calls / "*day" / "*") == ["monday/A", "tuesday/c"]
    assert names(calls / "**" / "c.*") == ["monday/deep/c", "tuesday/c"]
    assert names(calls / "*.txt") == ["notes"]


def test_a_glob_that_goes_up_names_nothing_outside(calls: Path) -> None:
    assert names(calls / "mon*" / ".." / "b.wav") == ["b"]
    with pytest.raises(InvalidOption, match="leads out of the folder"):
        names(calls / "mon*" / "deep" / ".." / ".." / ".." / "calls" / "b.wav")


def test_a_file_is_called_like_itself_and_comes_once(calls: Path) -> None:
    file = calls / "tuesday" / "c.wav"
    assert find_sources([str(file), str(calls / "tuesday")]) == [Source(file, "c")]


def test_those_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("x/talk.wav", "y/Talk.flac", "z/other.wav")]
    for file in files:
        file.parent.mkdir()
        file.write_text(file.name)
    digests = [hashlib.sha256(file.name.encode()).hexdigest() for file in files]
    assert [sha256(file) for file in files] == digests
    found = zip(find_sources([str(file) for file in files]), digests, strict=True)
    assert [source.told_apart(digest).name for source, digest in found] == [
        f"talk-{digests[0][:8]}",
        f"Talk-{digests[1][:8]}",
        "other",
    ]


@pytest.mark.parametrize("given", ["missing.wav", "missing", "*.nothing"])
def test_what_is_not_there_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(InvalidOption, match=given.replace("*", r"\*")):
        find_sources([str(tmp_path / given)])


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="There is no recording in"):
        find_sources([str(tmp_path)])


def test_a_folder_that_cannot_be_read_is_refused(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("tuesday"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InvalidOption, match="tuesday cannot be read: Permission denied"):
        find_sources([str(calls)])
