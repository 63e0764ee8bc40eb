from __future__ import annotations

import errno
from pathlib import Path

import pytest

from commands.output import make_folder, output_path, save, say, text_name, write_whole
from errors import DiarizationError, InvalidOption
from pipeline.types import Conversation, Segment


def test_a_result_is_called_like_its_recording():
    assert output_path(Path("out"), Path("in/my.talk.wav"), "seglst") == Path("out/my.talk.seglst.json")
    assert text_name(Path("in/my.talk.wav")) == "my.talk"
    assert text_name(Path("b\udcffd.wav")) == "b?d"


def test_save_says_where(tmp_path):
    conversation = Conversation(segments=(Segment("SPEAKER_00", 0.0, 1.0, "Grüezi."),))
    path = save(conversation, tmp_path, Path("talk.wav"), "txt")
    assert path.read_text(encoding="utf-8") == "[00:00:00] SPEAKER_00: Grüezi.\n"


def test_what_cannot_be_written_is_an_error_without_the_folder(tmp_path):
    with pytest.raises(DiarizationError, match=r"^talk.txt cannot be written"):
        save(Conversation(), tmp_path / "missing", Path("talk.wav"), "txt")


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "talk.txt"
    write_whole(path, b"before")

    def fill(partial, data):
        partial.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(DiarizationError, match=r"^talk.txt cannot be written: No space left on device\.$"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    path = tmp_path / f"{'x' * 251}.txt"
    write_whole(path, b"long")
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidOption):
        make_folder(tmp_path / "file" / "out")


def test_remarks_go_to_stderr(capsys):
    say("done")
    assert capsys.readouterr() == ("", "done\n")
