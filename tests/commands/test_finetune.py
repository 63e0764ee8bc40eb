from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.loading import choose_profile, load_models
from pipeline.types import Span
from settings import ROOT
from tests.training.conftest import slow_speech  # noqa: F401, a fixture
from training.manifest import read_manifest, read_sound

OPTIONS = ("--epochs", "6", "--batch-seconds", "30", "--lr", "1e-3")


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert process.stderr
    assert any(line in said for said in process.stderr), f"{line} was never said"


def test_a_killed_run_goes_on_and_lowers_the_wer_of_held_out_clips(
    cli, slow_speech, asr_checkpoints, frame_marblenet, titanet, settings, tmp_path  # noqa: F811
):  # fmt: skip
    """The sentences that the fixture model knows, at four fifths of their speed, of which it understands little; held
    out are speeds that it does not learn from. A service then runs what came of it."""
    from pipeline.types import Audio

    training, held_out = slow_speech("training", 0.76, 0.8, 0.84), slow_speech("held", 0.82)
    out, model = tmp_path / "better.nemo", asr_checkpoints["ctc"]
    arguments = ["finetune", training, "--model", model, "--validation", held_out, "--out", out, *OPTIONS]
    command = [sys.executable, "cli.py", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        wait_for(process, "epoch 2 of 6")
        process.send_signal(signal.SIGKILL)
    assert not out.exists()
    refused = cli(*arguments)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr

    result = cli(*arguments, "--resume", "--json")
    assert result.exit_code == 0, result.stderr
    assert "before:" not in result.stderr  # which was known
    data = json.loads(result.stdout)
    assert [row["epoch"] for row in data["epochs"]] == [0, 1, 2, 3, 4, 5, 6]
    print(f"WER of held-out clips: {data['wer_before']:.1%} before, {data['wer_after']:.1%} after")
    assert data["wer_before"] > 0.5
    assert data["wer_after"] < 0.5 * data["wer_before"]
    assert not list(tmp_path.glob("*.checkpoint"))

    models = {"vad": frame_marblenet, "speaker_embeddings": titanet, "asr": out}
    sections = "".join(f"  {name}:\n    model_path: {path}\n" for name, path in models.items())
    (tmp_path / "ours.yaml").write_text(f"device: cpu\ndiarizer:\n{sections}")
    own = settings.model_copy(update={"model_config_dir": tmp_path, "profile": "ours"})
    recogniser = load_models(choose_profile(own), own).recogniser
    example = read_manifest(held_out)[0]
    audio = Audio(read_sound(example))
    heard = recogniser.transcribe(audio, [Span(0.0, audio.duration)])
    written, wanted = {word.text for word in heard.words}, set(example.text.split())
    assert len(written & wanted) > len(wanted) / 2


def test_a_tenth_is_held_out_where_no_manifest_says_what(cli, slow_speech, asr_checkpoints, tmp_path):  # noqa: F811
    manifest = slow_speech("all", 0.8, 1.0)
    options = ("--epochs", "1", "--lr", "1e-9", "--model", asr_checkpoints["ctc"], "--out", tmp_path / "new.nemo")
    result = cli("finetune", manifest, *options)
    assert "14 clips" in result.stderr
    assert "2 held out" in result.stderr
    assert result.exit_code == 1  # nothing was learnt, and that is said
    assert "no epoch was better" in result.stderr
    assert (tmp_path / "new.nemo").exists()


def test_transcripts_of_another_language_are_refused(cli, slow_speech, asr_checkpoints, tmp_path):  # noqa: F811
    manifest = slow_speech("all", 1.0)
    rows = [json.loads(line) | {"text": "Добрый день"} for line in manifest.read_text().splitlines()]
    manifest.write_text("\n".join(map(json.dumps, rows)))
    result = cli("finetune", manifest, "--model", asr_checkpoints["ctc"], "--out", tmp_path / "new.nemo")
    assert result.exit_code == 2
    assert "cannot write" in result.stderr
    assert not list(tmp_path.glob("new*"))


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (("--out", "new.onnx"), 2, ".nemo"),
        (("--out", "nowhere/new.nemo"), 2, "folder"),
        (("--model", "nothing.nemo"), 3, "nothing.nemo"),
        (("--model", "stt_en_conformer_ctc_large"), 3, "models pull stt_en_conformer_ctc_large"),
        (("--epochs", "0"), 2, "--epochs"),
        (("--validation", "none.json"), 2, "none.json"),
        (("--resume",), 2, "go on"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    cli, own, slow_speech, asr_checkpoints, tmp_path, monkeypatch, wrong, code, said  # noqa: F811
):  # fmt: skip
    manifest = slow_speech("all", 1.0)
    monkeypatch.chdir(tmp_path)
    given = {"--model": str(asr_checkpoints["ctc"]), "--out": "new.nemo"}
    given |= dict([wrong]) if len(wrong) == 2 else {}
    flags = wrong if len(wrong) == 1 else ()
    result = cli("finetune", manifest, *(part for pair in given.items() for part in pair), *flags)
    assert result.exit_code == code
    assert said in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_a_model_that_is_there_is_not_overwritten(cli, slow_speech, asr_checkpoints, tmp_path):  # noqa: F811
    (tmp_path / "new.nemo").write_text("weeks of work")
    manifest, out = slow_speech("all", 1.0), tmp_path / "new.nemo"
    assert cli("finetune", manifest, "--model", asr_checkpoints["ctc"], "--out", out).exit_code == 2
    assert Path(out).read_text() == "weeks of work"
    assert "new.nemo" in os.listdir(tmp_path)
