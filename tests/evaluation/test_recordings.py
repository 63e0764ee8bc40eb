from __future__ import annotations

import pytest

from errors import InputError
from evaluation.recordings import find_recordings


def test_labels_find_the_audio_of_the_same_name(tmp_path):
    for name in ("b.rttm", "b.WAV", "a.b.rttm", "a.b.m4a", "a.b.seglst.json", "a.b.txt", "c.rttm", "d.wav"):
        (tmp_path / name).touch()
    found = find_recordings(tmp_path)
    assert [recording.name for recording in found] == ["a.b", "b", "c"]
    assert [recording.audio and recording.audio.name for recording in found] == ["a.b.m4a", "b.WAV", None]
    assert found[2].reference().turns == ()


def test_of_two_files_of_audio_the_first_by_name_is_taken(tmp_path):
    for name in ("a.rttm", "a.wav", "a.flac"):
        (tmp_path / name).touch()
    assert [recording.audio for recording in find_recordings(tmp_path)] == [tmp_path / "a.flac"]


def test_a_folder_without_labels_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(InputError, match=r"No NAME\.rttm"):
        find_recordings(tmp_path)
