from __future__ import annotations

from pathlib import Path

import pytest

from corpora.cutting import Rules


def test_what_is_typed_for_a_data_set_is_what_is_asked_for(cli, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("commands.dataset.dataset", lambda request, settings: asked.append((request, settings)) or True)
    result = cli(
        *("dataset", "a.flac", "b.flac", "--out", tmp_path, "--min", "2", "--max", "9", "--min-confidence", "0.5"),
        *("--trim", "--denoise", "--rate", "16000", "--language", "DE", "--max-speakers", "3", "--profile", "offline"),
        *("--conversation", "a.json", "--conversation", "b.json", "--validation", "0.1", "--force", "--json"),
    )
    assert result.exit_code == 0
    ((request, settings),) = asked
    assert request.files == (Path("a.flac"), Path("b.flac"))
    assert request.rules == Rules(2, 9, 0.5, trim=True)
    assert (request.rate, request.denoise, request.validation, request.force) == (16_000, True, 0.1, True)
    assert (request.options.language, request.options.max_speakers) == ("de", 3)
    assert request.conversations == (Path("a.json"), Path("b.json"))
    assert settings.profile == "offline"


@pytest.mark.parametrize("missing", [("a.flac",), ("--out", "x")])
def test_a_file_and_a_folder_are_needed(cli, missing):
    assert cli("dataset", *missing).exit_code == 2


def test_what_is_typed_for_fine_tuning_is_what_is_asked_for(cli, monkeypatch, tmp_path):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("commands.finetune.finetune", lambda request, settings: asked.append(request) or True)
    options = ("--epochs", "3", "--batch-seconds", "20", "--lr", "0.01", "--device", "cpu", "--resume", "--json")
    for model in ("own.nemo", "stt_en_conformer_ctc_large"):
        result = cli("finetune", "m.json", "--model", model, "--out", "b.nemo", "--validation", "v.json", *options)
        assert result.exit_code == 0
    first, second = asked
    assert (first.model, second.model) == (str(tmp_path / "own.nemo"), "stt_en_conformer_ctc_large")
    assert (first.plan.epochs, first.plan.batch_seconds, first.plan.rate) == (3, 20, 0.01)
    assert (first.manifest, first.validation, first.device) == (Path("m.json"), Path("v.json"), "cpu")
    assert first.resume
    assert first.as_json
