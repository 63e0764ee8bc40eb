from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from corpora.folder import MOVING, UNFINISHED, DatasetFolder, write_report
from errors import DiarizationError, InvalidOption


def fill(folder, text="a"):
    (folder / "wavs").mkdir()
    (folder / "wavs" / "a.wav").write_text(text)
    (folder / "metadata.csv").write_text(text)
    write_report(folder, {"clips": 1})


def made(folder, text="a", *, force=False):
    with DatasetFolder(folder, force=force).writing() as unfinished:
        fill(unfinished, text)


def test_a_data_set_is_there_when_it_is_whole(tmp_path):
    folder = tmp_path / "new" / "set"
    with DatasetFolder(folder).writing() as unfinished:
        fill(unfinished)
        assert os.listdir(folder) == [UNFINISHED]
    assert sorted(os.listdir(folder)) == ["metadata.csv", "report.json", "wavs"]


def broken_off(folder, error):
    with DatasetFolder(folder).writing() as unfinished:
        fill(unfinished)
        raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(errno.ENOSPC, "No space"), "disk is full"), (OSError(errno.EACCES, "Permission denied"), "denied")],
)
def test_what_the_disk_refuses_leaves_nothing(tmp_path, error, said):
    with pytest.raises(DiarizationError, match=said):
        broken_off(tmp_path / "set", error)
    assert os.listdir(tmp_path / "set") == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        broken_off(tmp_path, error)
    assert os.listdir(tmp_path) == []


def test_what_a_kill_left_goes_with_the_next_run(tmp_path):
    (tmp_path / UNFINISHED / "wavs").mkdir(parents=True)
    made(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["metadata.csv", "report.json", "wavs"]


@pytest.mark.parametrize("moved", range(7))
def test_force_replaces_what_a_kill_left_while_it_was_moved(tmp_path, monkeypatch, moved):
    folder, left = tmp_path / "set", tmp_path / "left"
    made(folder, "old")
    changes = iter(range(99))

    def copied(change):
        """Keeps what is there after so many changes, as a kill would leave it."""

        def run(path, *arguments, **options):
            change(path, *arguments, **options)
            if next(changes) == moved:
                shutil.copytree(folder, left)

        return run

    with DatasetFolder(folder, force=True).writing() as unfinished:
        fill(unfinished, "new")
        for name in ("rename", "unlink"):
            monkeypatch.setattr(Path, name, copied(getattr(Path, name)))
    monkeypatch.undo()
    if (left / MOVING).exists():
        with pytest.raises(InvalidOption, match="--force"):
            DatasetFolder(left)
    made(left, "again", force=True)
    assert sorted(os.listdir(left)) == ["metadata.csv", "report.json", "wavs"]
    assert (left / "wavs" / "a.wav").read_text() == "again"


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidOption, match="not empty"):
        DatasetFolder(tmp_path)
    with pytest.raises(InvalidOption, match=r"thesis\.txt"):
        DatasetFolder(tmp_path, force=True)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_force_replaces_a_data_set_once_the_new_one_is_whole(tmp_path):
    made(tmp_path, "old")
    with pytest.raises(InvalidOption, match="--force"):
        DatasetFolder(tmp_path)
    with pytest.raises(ZeroDivisionError), DatasetFolder(tmp_path, force=True).writing():
        raise ZeroDivisionError
    assert (tmp_path / "metadata.csv").read_text() == "old"
    made(tmp_path, "new", force=True)
    assert (tmp_path / "metadata.csv").read_text() == (tmp_path / "wavs" / "a.wav").read_text() == "new"


def test_force_spares_what_others_put_beside_a_data_set(tmp_path):
    made(tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidOption, match=r"thesis\.txt"):
        DatasetFolder(tmp_path, force=True)


@pytest.mark.parametrize("report", ["[]", "not json", '{"kind": "dataset", "contents": ["../up", "report.json"]}'])
def test_a_report_that_is_not_ours_allows_nothing(tmp_path, report):
    (tmp_path / "up").write_text("beside")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "report.json").write_text(report)
    (folder / "other").write_text("a")
    with pytest.raises(InvalidOption):
        DatasetFolder(folder, force=True)
    assert (tmp_path / "up").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidOption, match="cannot be used"):
        DatasetFolder(tmp_path / "file")
