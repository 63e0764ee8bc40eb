from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpora.clips import ClipWriter
from corpora.cutting import Clip, Cuts
from corpora.sound import Sound
from pipeline.types import Span, Word


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.linspace(-1.5, 1.5, 48_000), 16_000, subtype="FLOAT")
    return Sound(path, path, path, 16_000)


def clip(speaker="SPEAKER_00", text="hello"):
    return Clip(speaker, Span(0.5, 1.5), (Word(text, 0.6, 1.4, 0.9),))


def test_clips_are_16_bit_and_lie_with_their_speaker(tmp_path, sound):
    writer = ClipWriter(tmp_path / "set", 16_000)
    name = writer.recording("talk")
    (first, second), dropped = writer.write(Cuts((clip(), clip("Anna")), ()), sound, name, "en")
    assert [one.path for one in (first, second)] == [
        "wavs/talk-SPEAKER_00/talk-0001.wav",
        "wavs/Anna/talk-0002.wav",
    ]
    assert (first.duration, first.text, first.confidence, first.language) == (1.0, "hello", 0.9, "en")
    assert dropped == []
    info = soundfile.info(tmp_path / "set" / first.path)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (16_000, 1, "PCM_16", 16_000)
    expected = soundfile.read(sound.clean, dtype="float32")[0][8_000:24_000]
    written = soundfile.read(tmp_path / "set" / first.path, dtype="float32")[0]
    assert np.abs(written - np.clip(expected, -1, 1)).max() < 1e-4


def test_speakers_of_two_recordings_share_a_folder_only_by_their_names(tmp_path, sound):
    writer = ClipWriter(tmp_path, 16_000)
    cuts = Cuts((clip(), clip("Anna")), ())
    entries = [writer.write(cuts, sound, writer.recording("talk"), None)[0] for _ in range(2)]
    (one, anna), (other, again) = entries
    assert one.speaker != other.speaker
    assert anna.speaker == again.speaker == "Anna"
    assert len({entry.id.casefold() for pair in entries for entry in pair}) == 4


def test_a_clip_without_text_is_dropped(tmp_path, sound):
    entries, dropped = ClipWriter(tmp_path, 16_000).write(Cuts((clip(text="|"),), ()), sound, "talk", None)
    assert (entries, [piece.reason for piece in dropped]) == ([], ["no_text"])


def test_a_full_disk_is_an_error_and_no_short_file(tmp_path, sound, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        ClipWriter(tmp_path, 16_000).write(Cuts((replace(clip()),), ()), sound, "talk", None)
