from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audio_utils import load_audio
from benchmarks import dataset
from benchmarks.dataset import LIMIT, Checked, check, describe, pooled
from commands.dataset import Request
from commands.dataset import dataset as make
from formats.json import render
from pipeline.types import Options, Transcript, Word
from settings import Settings
from tests.media import SAMPLE

if TYPE_CHECKING:
    from nemo_processor import NeMoProcessor
    from pipeline.loading import Models


def test_clips_of_the_sample_say_what_their_lines_say(
    processor: NeMoProcessor, models: Models, settings: Settings, tmp_path: Path
) -> None:
    conversation = processor.process(load_audio(SAMPLE, settings), Options())
    (tmp_path / "said.json").write_text(render(conversation, words=True))
    folder = tmp_path / "set"
    assert make(Request((SAMPLE,), folder, conversations=(tmp_path / "said.json",)), settings)
    checked = check(folder, models.recogniser, settings)
    assert len(checked) >= 8
    assert len({one.row["speaker"] for one in checked}) == 3
    assert sum(one.row["duration"] for one in checked) > 35
    assert (pooled(checked).rate or 0.0) <= LIMIT
    assert "TOTAL" in describe(checked)


def test_words_that_differ_are_counted() -> None:
    row = {"recording": "a", "duration": 60.0, "text": "we meet here every week", "lang": "en"}
    heard = Transcript(tuple(Word(text, 0, 1) for text in ("we", "meat", "here", "every", "day")))
    assert pooled([Checked(row, heard)]).rate == pytest.approx(0.4)
    assert describe([Checked(row, heard)]).splitlines()[-1].split()[-2:] == ["40.0", "%"]


def test_the_exit_code_says_whether_they_agree(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    row = {"recording": "a", "duration": 60.0, "text": "we meet", "lang": "en"}
    asked = []

    def fake(request: Request, settings: Settings) -> bool:
        asked.append(request.files)
        request.out.mkdir()
        (request.out / "manifest.json").write_text(json.dumps(row))
        return True

    class Deaf:
        recogniser = None

    monkeypatch.setattr(dataset, "dataset", fake)
    monkeypatch.setattr("pipeline.loading.load_models", lambda profile, settings: Deaf)
    for words, code in ((("we", "meet"), 0), ((), 1)):
        heard = Transcript(tuple(Word(text, 0, 1) for text in words))
        monkeypatch.setattr(dataset, "check", lambda folder, recogniser, settings, heard=heard: [Checked(row, heard)])
        assert dataset.main(["a.flac"]) == code
    assert asked == [(Path("a.flac"),)] * 2
    assert "WER" in capsys.readouterr().out
