from __future__ import annotations

from pathlib import Path

import pytest

from corpora.conversations import matched, read_conversation
from errors import InputError, InvalidOption
from formats.json import render


def test_names_tell_which_json_belongs_to_which_recording(tmp_path):
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text("{}")
    files = [Path("x/a.flac"), Path("y/b.mp3")]
    assert matched(files, [tmp_path]) == {files[0]: tmp_path / "a.json", files[1]: tmp_path / "b.json"}
    assert matched(files, [tmp_path / "b.json"]) == {files[1]: tmp_path / "b.json"}
    assert matched(files[:1], [tmp_path / "c.json"]) == {files[0]: tmp_path / "c.json"}
    assert matched(files, []) == {}


def test_what_belongs_to_none_or_to_two_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    for files, given in [
        ([Path("a.flac"), Path("b.flac")], [tmp_path / "c.json"]),
        ([Path("x/a.flac"), Path("y/a.flac")], [tmp_path / "a.json"]),
        ([Path("a.flac"), Path("b.flac")], [tmp_path / "a.json", tmp_path]),
        ([Path("z.flac")], [tmp_path]),
    ]:
        with pytest.raises(InvalidOption):
            matched(files, given)


def test_a_conversation_is_read_as_it_was_written(talk, sentence, tmp_path):
    conversation = talk(sentence("A", 1.0, "we meet here"), 4.0).conversation
    (tmp_path / "a.json").write_text(render(conversation, words=True))
    assert read_conversation(tmp_path / "a.json").segments == conversation.segments
    (tmp_path / "a.json").write_text(render(conversation))
    with pytest.raises(InputError, match="--words"):
        read_conversation(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["", "[]", '{"conversation": 1}', "null", '{"conversation": [{}]}'])
def test_other_files_are_refused_by_name(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        read_conversation(tmp_path / "a.json")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"a\.json"):
        read_conversation(tmp_path / "a.json")
