"""What recognisers tell of a recording before they have heard all of it is what they write in the end."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import pipeline.asr
import pipeline.nemo_asr
from pipeline.asr import AsrOptions, WhisperRecogniser
from pipeline.lanes import Lanes
from pipeline.nemo_asr import NemoRecogniser, load_asr
from pipeline.parameters import AsrParameters
from pipeline.recogniser import Recogniser, Spoken
from pipeline.types import Audio, Span, Word
from pipeline.whisper_weights import whisper_folder
from settings import Settings
from tests.checkpoints.asr import KINDS
from tests.checkpoints.utterances import in_a_row, utterances


def told(recogniser: Recogniser, audio: Audio, speech: list[Span]) -> tuple[list[tuple[Word, ...]], tuple[Word, ...]]:
    """What was told on the way, one after another, and what was written in the end; the language is the same."""
    seen, languages = list[tuple[Word, ...]](), set[str | None]()

    def on_words(words: object, language: str | None) -> None:
        seen.append(tuple(words))  # type: ignore[arg-type]
        languages.add(language)

    (transcript,) = recogniser.transcribe_all([Spoken(audio, speech, on_words=on_words)])
    assert languages == {transcript.language}
    return seen, transcript.words


def check_growing(seen: list[tuple[Word, ...]], words: tuple[Word, ...]) -> None:
    assert len({len(row) for row in seen}) > 2
    assert all(len(a) <= len(b) for a, b in pairwise(seen))
    for row in seen:
        assert row == words[: len(row)]


def test_whisper_tells_what_will_not_change(settings: Settings, sample: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.asr, "BLOCK", 1)
    options = AsrOptions(beam=1, batch=1, rounds=(10.0, 5.0))
    recogniser = WhisperRecogniser(whisper_folder(settings.model_cache_dir), lanes=Lanes(1, 2), options=options)
    regions = [Span(at, at + 9.0) for at in range(0, 70, 10)]
    check_growing(*told(recogniser, sample, regions))


@pytest.mark.parametrize("kind", KINDS)
def test_nvidias_models_tell_what_will_not_change(
    kind: str, asr_checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.nemo_asr, "BLOCK", 1)
    recogniser = NemoRecogniser(load_asr(asr_checkpoints[kind]), AsrParameters(7.0, 7.0, 3.0))
    audio, _, _ = in_a_row(utterances(), 0.0)
    check_growing(*told(recogniser, audio, [Span(0.0, audio.duration)]))
