from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from commands.sums import FILE, Difference, differences, read_sums, write_sums
from errors import ModelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    contents = {"a.nemo": b"a", "model one/config.json": b"{}"}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    write_sums(tmp_path, {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})
    return tmp_path


def test_a_folder_as_it_was_written(folder: Path) -> None:
    assert list(differences(folder)) == []
    assert list(read_sums(folder)) == ["a.nemo", "model one/config.json"]


def test_every_difference_is_named(folder: Path) -> None:
    (folder / "a.nemo").write_bytes(b"b")
    (folder / "model one" / "config.json").unlink()
    (folder / "model one" / "more.json").touch()
    (folder / "b.nemo.part").touch()
    (folder / ".lock").touch()
    assert list(differences(folder)) == [
        Difference("damaged", "a.nemo"),
        Difference("missing", "model one/config.json"),
        Difference("extra", "b.nemo.part"),
        Difference("extra", "model one/more.json"),
    ]


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_the_tool_of_the_system_reads_the_list(folder: Path) -> None:
    command = ["sha256sum", "--check", "--strict", FILE]
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    (folder / "a.nemo").write_bytes(b"b")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 1


def test_a_folder_without_a_list(tmp_path: Path) -> None:
    assert read_sums(tmp_path) == {}
    with pytest.raises(ModelError, match="has no SHA256SUMS"):
        list(differences(tmp_path))


@pytest.mark.parametrize("line", ["nonsense", f"{'0' * 64}  ../secret", f"{'0' * 64}  /etc/passwd", f"{'0' * 63}  a"])
def test_a_list_that_is_none(line: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"{'0' * 64}  a.nemo\n{line}\n")
    with pytest.raises(ModelError, match="line 2"):
        read_sums(tmp_path)


def test_a_list_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="cannot be read"):
        read_sums(tmp_path)
