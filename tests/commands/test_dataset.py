from __future__ import annotations

import csv
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpora.folder import UNFINISHED
from formats.json import render
from pipeline.types import Conversation
from tests.corpora.conftest import sentence, talk  # noqa: F401, fixtures


@pytest.fixture
def recorded(talk, sentence, tmp_path):  # noqa: F811
    """recorded("monday"): monday.flac and monday.json, in which A and then Anna speak."""

    def make(name, second="Anna", rate=44_100, folder="in"):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        said = [*sentence("SPEAKER_00", 1.0, "we meet here every week"), *sentence(second, 5.0, "that is | often")]
        made = talk(said, 9.0, rate=rate)
        (place / f"{name}.json").write_text(render(made.conversation, words=True))
        return made.save(place / f"{name}.flac")

    return make


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_recordings_become_a_data_set_that_others_read(cli, recorded, tmp_path):
    out = tmp_path / "set"
    files = [recorded("monday"), recorded("friday")]
    result = cli("dataset", *files, "--conversation", tmp_path / "in", "--out", out, "--validation", "0.3")
    assert result.exit_code == 0
    assert sorted(os.listdir(out)) == [
        "manifest.json", "metadata.csv", "report.json", "train_manifest.json", "validation_manifest.json", "wavs",
    ]  # fmt: skip
    clips = rows_of(out / "manifest.json")
    assert [clip["speaker"] for clip in clips] == ["monday-SPEAKER_00", "Anna", "friday-SPEAKER_00", "Anna"]
    assert [clip["text"] for clip in clips[:2]] == ["we meet here every week", "that is often"]
    for clip in clips:
        info = soundfile.info(out / clip["audio_filepath"])
        assert (info.samplerate, info.channels, info.subtype) == (22_050, 1, "PCM_16")
        assert info.duration == pytest.approx(clip["duration"], abs=1e-4)
        assert 1 <= info.duration <= 30
    table = [*csv.reader((out / "metadata.csv").open(), delimiter="|", quoting=csv.QUOTE_NONE)]
    assert [f"wavs/{row[0]}.wav" for row in table] == [clip["audio_filepath"] for clip in clips]
    parts = rows_of(out / "train_manifest.json") + rows_of(out / "validation_manifest.json")
    assert sorted(clip["audio_filepath"] for clip in parts) == sorted(clip["audio_filepath"] for clip in clips)
    assert "TOTAL" in result.stdout


def test_nemo_reads_the_manifest(cli, recorded, tmp_path):
    from nemo.collections.common.parts.preprocessing.manifest import item_iter

    file = recorded("monday")
    assert cli("dataset", file, "--conversation", file.with_suffix(".json"), "--out", tmp_path / "set").exit_code == 0
    items = list(item_iter(str(tmp_path / "set" / "manifest.json")))
    assert [item["text"] for item in items] == ["we meet here every week", "that is often"]
    assert all(Path(item["audio_file"]).is_file() for item in items)


def test_sound_comes_from_the_original_at_the_rate_that_is_asked_for(cli, recorded, tmp_path):
    file = recorded("monday", rate=48_000)
    arguments = ("--conversation", file.with_suffix(".json"), "--out", tmp_path / "set", "--rate", 48_000)
    assert cli("dataset", file, *arguments).exit_code == 0
    (clip, _) = rows_of(tmp_path / "set" / "manifest.json")
    original = soundfile.read(file)[0][round(clip["start_time"] * 48_000) :]
    cut, _ = soundfile.read(tmp_path / "set" / clip["audio_filepath"])
    assert np.abs(cut - original[: len(cut)]).max() < 1e-3
    spectrum = np.abs(np.fft.rfft(cut)) ** 2
    assert spectrum[len(spectrum) // 2 :].sum() > 0.3 * spectrum.sum()  # above 12 kHz


def test_the_pipeline_is_run_where_no_conversation_is_given(cli, processor, recorded, talk, sentence, tmp_path):  # noqa: F811
    made = talk(sentence("SPEAKER_00", 1.0, "we meet here every week"), 9.0)
    said = replace(made.conversation, models={"words": "Whisper"})
    processor.process = lambda channels, options, on_progress: processor.asked.append(options) or said
    file = recorded("monday")
    result = cli("dataset", file, "--out", tmp_path / "set", "--language", "en", "--num-speakers", "2")
    assert result.exit_code == 0, result.stderr
    assert [(options.language, options.num_speakers) for options in processor.asked] == [("en", 2)]
    assert [row["text"] for row in rows_of(tmp_path / "set" / "manifest.json")] == ["we meet here every week"]
    (report,) = json.loads((tmp_path / "set" / "report.json").read_text())["recordings"]
    assert report["models"] == {"words": "Whisper"}


def test_what_is_dropped_is_counted_with_its_reason(cli, recorded, tmp_path):
    file = recorded("monday")
    arguments = ("--conversation", file.with_suffix(".json"), "--out", tmp_path / "set", "--min", "2.5", "--json")
    result = cli("dataset", file, *arguments)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert (data["clips"], data["dropped"]["too_short"]["clips"]) == (1, 1)
    report = json.loads((tmp_path / "set" / "report.json").read_text())
    assert report["recordings"] == data["recordings"]
    assert str(tmp_path) not in json.dumps(report)


def test_one_bad_recording_does_not_stop_the_rest(cli, recorded, tmp_path):
    good, bad = recorded("monday"), tmp_path / "in" / "friday.flac"
    bad.write_bytes(b"no sound at all")
    (tmp_path / "in" / "friday.json").write_text((tmp_path / "in" / "monday.json").read_text())
    result = cli("dataset", bad, good, "--conversation", tmp_path / "in", "--out", tmp_path / "set")
    assert result.exit_code == 1
    assert "friday: error:" in result.stdout
    assert len(rows_of(tmp_path / "set" / "manifest.json")) == 2


def test_a_conversation_of_another_recording_is_refused(cli, recorded, talk, sentence, tmp_path):  # noqa: F811
    file = recorded("monday")
    other = talk(sentence("SPEAKER_00", 1.0, "we meet here every week"), 30.0).conversation
    (tmp_path / "in" / "monday.json").write_text(render(other, words=True))
    result = cli("dataset", file, "--conversation", file.with_suffix(".json"), "--out", tmp_path / "set")
    assert result.exit_code == 1
    assert "another recording: it has 30.0 s, the recording 9.0 s" in result.stdout
    assert os.listdir(tmp_path / "set") == []


def test_no_speech_is_said_and_leaves_no_data_set(cli, recorded, tmp_path):
    file = recorded("monday")
    (tmp_path / "in" / "monday.json").write_text(render(Conversation(duration=9.0), words=True))
    arguments = ("--conversation", file.with_suffix(".json"), "--out", tmp_path / "set")
    result = cli("dataset", file, *arguments)
    assert result.exit_code == 1
    assert "no speech" in result.stderr
    assert os.listdir(tmp_path / "set") == []
    printed = cli("dataset", file, *arguments, "--json").stdout
    assert json.loads(printed)["error"]["code"] == "empty_audio"


def test_where_every_clip_is_dropped_the_reasons_are_printed(cli, recorded, tmp_path):
    file = recorded("monday")
    arguments = ("--conversation", file.with_suffix(".json"), "--out", tmp_path / "set", "--min-confidence", "1")
    result = cli("dataset", file, *arguments)
    assert result.exit_code == 1
    assert "the recogniser was not sure" in result.stdout
    assert "Every clip was dropped" in result.stderr
    assert os.listdir(tmp_path / "set") == []


def test_a_full_disk_leaves_nothing_and_says_so(cli, recorded, tmp_path, monkeypatch):
    write = Path.write_bytes

    def fill(path, data):
        if "wavs" in path.parts and path.name.endswith("0002.wav"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    file = recorded("monday")
    result = cli("dataset", file, "--conversation", file.with_suffix(".json"), "--out", tmp_path / "set")
    assert result.exit_code == 3
    assert "disk is full" in result.stderr
    assert os.listdir(tmp_path / "set") == []


def test_success_is_printed_when_all_is_written(cli, recorded, tmp_path, monkeypatch):
    write = Path.write_text

    def fill(path, *arguments, **options):
        if path.name == "manifest.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, *arguments, **options)

    file = recorded("monday")
    monkeypatch.setattr(Path, "write_text", fill)
    result = cli("dataset", file, "--conversation", file.with_suffix(".json"), "--out", tmp_path / "set", "--json")
    assert result.exit_code == 3
    (printed,) = map(json.loads, result.stdout.splitlines())
    assert "disk is full" in printed["error"]["message"]


def test_an_interruption_leaves_nothing(cli, processor, recorded, tmp_path):
    file = recorded("interrupted")
    assert cli("dataset", file, "--out", tmp_path / "set").exit_code == 130
    assert UNFINISHED not in os.listdir(tmp_path / "set")


def test_a_folder_in_use_is_refused_before_any_work_unless_forced(cli, processor, recorded, tmp_path):
    file = recorded("monday")
    arguments = ("--conversation", file.with_suffix(".json"), "--out", tmp_path / "set")
    assert cli("dataset", file, *arguments).exit_code == 0
    refused = cli("dataset", file, "--out", tmp_path / "set")
    assert (refused.exit_code, processor.loads) == (2, [])
    assert "--force" in refused.stderr
    assert cli("dataset", file, *arguments, "--force", "--trim", "--denoise").exit_code == 0
    assert json.loads((tmp_path / "set" / "report.json").read_text())["made_with"]["denoise"] is True


@pytest.mark.parametrize(
    "wrong",
    [("--rate", "10"), ("--min", "9", "--max", "3"), ("--validation", "1"), ("--conversation", "nowhere/other.json")],
)
def test_options_that_make_no_sense_are_refused(cli, processor, recorded, tmp_path, wrong):
    result = cli("dataset", recorded("monday"), recorded("friday"), "--out", tmp_path / "set", *wrong)
    assert (result.exit_code, processor.loads) == (2, [])
