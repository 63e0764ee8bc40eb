from __future__ import annotations

import json
import sys

import pandas
import pytest

from commands import transcribe
from errors import InvalidOption, ModelError, UnknownFormat
from pipeline.types import Options


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_without_out_the_result_is_printed_and_nothing_else(cli, processor, recording):
    result = cli("transcribe", recording("talk.wav"))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["conversation"] == [
        {"speaker": "SPEAKER_00", "start_time": 0.0, "end_time": 1.0, "text": "Hello there."}
    ]
    assert "chatter" in result.stderr


def test_each_format_of_each_file_is_written(cli, processor, recording, tmp_path):
    formats = ["json", "txt", "srt", "vtt", "rttm", "seglst"]
    wanted = [part for fmt in formats for part in ("--format", fmt)]
    out = tmp_path / "new" / "out"
    result = cli("transcribe", recording("a.wav"), recording("b.flac"), *wanted, "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    extensions = ["json", "rttm", "seglst.json", "srt", "txt", "vtt"]
    assert sorted(path.name for path in out.iterdir()) == [f"{name}.{end}" for name in "ab" for end in extensions]
    assert (out / "b.rttm").read_text() == "SPEAKER b 1 0.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
    assert json.loads((out / "a.seglst.json").read_text())[0]["session_id"] == "a"
    assert processor.loads == ["auto"]


def test_bytes_go_down_a_pipe_or_into_a_file(cli, processor, recording, tmp_path):
    piped = cli("transcribe", recording("a.wav"), "--format", "parquet")
    cli("transcribe", recording("a.wav"), "--format", "parquet", "--out", tmp_path / "out")
    assert piped.stdout_bytes == (tmp_path / "out" / "a.parquet").read_bytes()
    assert list(pandas.read_parquet(tmp_path / "out" / "a.parquet")["text"]) == ["Hello there."]


def test_bytes_do_not_go_to_a_terminal_and_do_not_follow_each_other(cli, processor, recording, monkeypatch):
    two = cli("transcribe", recording("a.wav"), recording("b.wav"), "--format", "parquet")
    monkeypatch.setattr(transcribe, "_on_terminal", lambda: True)
    shown = cli("transcribe", recording("a.wav"), "--format", "parquet")
    assert (two.exit_code, shown.exit_code) == (2, 2)
    assert "Several files in parquet" in two.stderr
    assert "parquet is not for a terminal" in shown.stderr
    assert processor.loads == []


def test_json_is_the_default_of_out(cli, processor, recording, tmp_path):
    cli("transcribe", recording("talk.wav"), "--words", "--out", tmp_path / "out")
    (written,) = (tmp_path / "out").iterdir()
    assert [word["text"] for word in json.loads(written.read_text())["conversation"][0]["words"]] == ["Hello", "there."]


def test_the_options_reach_the_processor(cli, processor, recording):
    call = recording("call.wav", channels=2)
    counts = ["--min-speakers", 2, "--max-speakers", 4, "--language", "de"]
    cli("transcribe", call, *counts, "--profile", "sortformer", "--diarizer", "clustering")
    cli("transcribe", call, "--channels", "per_channel")
    bounded = Options(language="de", min_speakers=2, max_speakers=4, diarizer="clustering")
    assert processor.asked == [("call", 1, bounded), ("call", 2, Options(channels="per_channel"))]
    assert processor.loads[0] == "sortformer"


@pytest.mark.parametrize("as_json", [False, True])
def test_one_bad_file_does_not_stop_the_rest(cli, processor, recording, tmp_path, as_json):
    text = tmp_path / "notes.wav"
    text.write_text("not audio at all\n" * 100)
    files = [text, tmp_path / "missing.wav", recording("broken.wav"), recording("odd.wav"), recording("good.wav")]
    result = cli("transcribe", *files, "--out", tmp_path / "out", *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.json"]
    for file in files[:4]:
        assert f"{file}: error: " in result.stderr
    assert "only the log" not in result.stdout + result.stderr
    if as_json:
        codes = [row["error"]["code"] if "error" in row else None for row in lines(result)]
        assert codes == ["unsupported_media", "missing_audio", "worker_failed", "internal_error", None]


def test_json_has_one_line_per_file(cli, processor, recording, tmp_path):
    files = [recording("quiet.wav"), recording("b.wav")]
    result = cli("transcribe", *files, "--json", "--words")
    assert [(row["file"], row["name"], row["written"]) for row in lines(result)] == [
        (str(files[0]), "quiet", []),
        (str(files[1]), "b", []),
    ]
    assert lines(result)[0]["result"]["warnings"] == ["Quiet."]
    assert lines(result)[1]["result"]["conversation"][0]["words"]
    assert f"{files[0]}: warning: Quiet." in result.stderr


def test_two_results_of_one_name_are_refused_before_any_work(cli, processor, recording, tmp_path):
    result = cli("transcribe", recording("x/talk.wav"), recording("y/Talk.flac"), "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "talk.json" in result.stderr
    assert processor.loads == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--format", "docx"], UnknownFormat.code),
        (["--format", "srt", "--format", "vtt"], InvalidOption.code),
        (["--format", "srt", "--json"], InvalidOption.code),
        (["--num-speakers", "0"], InvalidOption.code),
        (["--min-speakers", "3", "--max-speakers", "2"], InvalidOption.code),
        (["--language", "Klingon"], InvalidOption.code),
    ],
)
def test_a_wrong_option_is_a_usage_error(cli, processor, recording, arguments, code):
    result = cli("transcribe", recording("talk.wav"), *arguments, *(["--json"] if "--json" not in arguments else []))
    assert result.exit_code == 2
    assert [row["error"]["code"] for row in lines(result)] == [code]
    assert result.stderr.startswith("Error: ")
    assert processor.loads == []


def test_models_that_cannot_be_loaded_are_exit_code_3(cli, processor, recording, monkeypatch):
    def load(settings):
        raise ModelError("titanet_large.nemo is missing.")

    monkeypatch.setattr(sys.modules["nemo_processor"], "load_processor", load)
    result = cli("transcribe", recording("talk.wav"), "--json")
    assert result.exit_code == 3
    assert [row["error"]["code"] for row in lines(result)] == ["model_unavailable"]
    assert "titanet_large.nemo is missing." in result.stderr


def test_a_folder_that_cannot_be_made_is_a_usage_error(cli, processor, recording, tmp_path):
    (tmp_path / "file").touch()
    result = cli("transcribe", recording("talk.wav"), "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert processor.loads == []


def test_a_file_that_cannot_be_written_is_that_files_error(cli, processor, recording, tmp_path):
    (tmp_path / "out" / "a.json").mkdir(parents=True)
    result = cli("transcribe", recording("a.wav"), recording("b.wav"), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.json cannot be written" in result.stderr
    assert (tmp_path / "out" / "b.json").is_file()


def test_an_interruption_leaves_nothing_behind(cli, processor, recording, tmp_path):
    out = tmp_path / "out"
    files = [recording(name) for name in ("first.wav", "interrupted.wav", "last.wav")]
    result = cli("transcribe", *files, "--out", out)
    assert result.exit_code == 130
    assert [path.name for path in out.iterdir()] == ["first.json"]
    assert not [path for path in (tmp_path / "temp").rglob("*") if path.is_file()]


def test_a_name_that_is_no_text_can_be_written(cli, processor, recording, tmp_path):
    source = recording("plain.wav")
    strange = source.with_name("caf\udce9.wav")
    try:
        source.rename(strange)
    except OSError:
        pytest.skip("this file system takes names of text only")
    result = cli("transcribe", strange, "--format", "seglst", "--json", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert lines(result)[0]["name"] == "caf?"
