"""Which recordings are run, how their labels are found, and how long ones are joined."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import benchmarks.recordings
from benchmarks.recordings import Recording, cut, find_audio, find_voices, join, prepare
from errors import InputError, UnsupportedMedia
from pipeline.types import SAMPLE_RATE
from settings import Settings
from tests.media import SAMPLE

MakeRecording = Callable[..., Recording]


def levels(recording: Recording) -> list[int]:
    """The level of each second."""
    return soundfile.read(recording.wav, dtype="int16")[0][::SAMPLE_RATE].tolist()


def test_the_sample_is_always_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REAL_AUDIO_DIR", str(tmp_path / "nothing"))
    assert find_audio() == [SAMPLE]


def test_real_recordings_are_run_and_none_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REAL_AUDIO_DIR", str(tmp_path))
    for name in ("dialogues/call.flac", f"dialogues/{SAMPLE.name}", "conversations/talk.flac", "ami/meeting.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [path.relative_to(tmp_path).as_posix() for path in find_audio()]
    assert names == [f"dialogues/{SAMPLE.name}", "dialogues/call.flac", "conversations/talk.flac"]


def test_the_sample_is_prepared_with_its_words(settings: Settings, tmp_path: Path) -> None:
    (recording,) = prepare([SAMPLE], tmp_path / "wavs", settings)
    info = soundfile.info(recording.wav)
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_16")
    assert recording.name == SAMPLE.stem
    assert recording.duration == pytest.approx(info.duration)
    assert recording.reference
    assert recording.reference.segments
    assert {turn.speaker for turn in recording.reference.turns} == {"mara", "tom", "ines"}


def test_turns_come_from_rttm_where_there_is_one(settings: Settings, tmp_path: Path) -> None:
    audio = tmp_path / "talk.flac"
    shutil.copy(SAMPLE, audio)
    row = {"session_id": "talk", "speaker": "ann", "start_time": 0.0, "end_time": 5.0, "words": "Hello."}
    audio.with_suffix(".seglst.json").write_text(json.dumps([row]))
    audio.with_suffix(".rttm").write_text("SPEAKER talk 1 1.0 2.0 <NA> <NA> ann <NA> <NA>\n")
    (recording,) = prepare([audio], tmp_path / "wavs", settings)
    assert recording.reference
    assert [(turn.start, turn.end) for turn in recording.reference.turns] == [(1.0, 3.0)]
    assert recording.reference.segments
    assert recording.reference.segments[0].text == "Hello."


def test_a_recording_needs_no_labels(record: MakeRecording, settings: Settings, tmp_path: Path) -> None:
    (recording,) = prepare([record("unknown").wav], tmp_path / "wavs", settings)
    assert recording.reference is None


def test_what_is_no_audio_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "notes.flac").write_text("milk, bread")
    with pytest.raises(UnsupportedMedia):
        prepare([tmp_path / "notes.flac"], tmp_path / "wavs", settings)


def test_two_recordings_of_one_name_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Two recordings are called talk\."):
        prepare([tmp_path / "talk.wav", tmp_path / "talk.flac"], tmp_path / "wavs", settings)


def test_joined_recordings_take_turns_by_the_block(
    record: MakeRecording, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(benchmarks.recordings, "BLOCK", 2.0)
    long, short = record("long", seconds=5.0, level=1), record("short", seconds=1.0, level=2)
    joined = join([long, short], 12.0, tmp_path / "joined.wav")
    assert levels(joined) == [1, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1]
    assert joined.duration == 12.0


def test_a_join_ends_to_the_sample(record: MakeRecording, tmp_path: Path) -> None:
    joined = join([record("one", seconds=0.7), record("two", seconds=1.1)], 5.3, tmp_path / "joined.wav")
    assert soundfile.info(joined.wav).frames == round(5.3 * SAMPLE_RATE)
    assert np.all(soundfile.read(joined.wav, dtype="int16")[0] == 1000)


def test_a_cut_is_never_longer_than_the_recording(record: MakeRecording, tmp_path: Path) -> None:
    talk = record("talk", seconds=3.0)
    assert cut(talk, 2.0, tmp_path / "a.wav").duration == 2.0
    assert cut(talk, 10.0, tmp_path / "b.wav").duration == 3.0


def test_voices_are_found_where_there_are_any(monkeypatch, tmp_path):
    monkeypatch.setenv("REAL_AUDIO_DIR", str(tmp_path))
    assert find_voices() == []
    (tmp_path / "voices").mkdir()
    for name in ("b.flac", "a.flac", "README.md"):
        (tmp_path / "voices" / name).touch()
    assert [path.name for path in find_voices()] == ["a.flac", "b.flac"]
