"""Whisper itself, on the sample and on what it must not write."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jiwer import wer
from whisper_normalizer.english import EnglishTextNormalizer

from errors import InvalidOption
from pipeline.asr import WhisperRecogniser, spread
from pipeline.loading import Models
from pipeline.types import SAMPLE_RATE, Audio, Span, Transcript
from pipeline.windows import windows
from tests.media import SAMPLE


@pytest.fixture(scope="module")
def recogniser(models: Models) -> WhisperRecogniser:
    return models.recogniser


@pytest.fixture(scope="module")
def spoken() -> list[dict]:
    rows = json.loads(SAMPLE.with_suffix(".seglst.json").read_text())
    return sorted(rows, key=lambda row: row["start_time"])


@pytest.fixture(scope="module")
def regions(spoken: list[dict]) -> list[Span]:
    """The reference's speech, with a little room, as a detector would give it."""
    spans: list[Span] = []
    for row in spoken:
        start, end = max(0.0, row["start_time"] - 0.1), row["end_time"] + 0.1
        if spans and start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        else:
            spans.append(Span(start, end))
    return spans


@pytest.fixture(scope="module")
def transcript(recogniser: WhisperRecogniser, sample: Audio, regions: list[Span]) -> Transcript:
    return recogniser.transcribe(sample, regions)


def test_it_writes_what_was_said(transcript: Transcript, spoken: list[dict]) -> None:
    normalise = EnglishTextNormalizer()
    said = normalise(" ".join(row["words"] for row in spoken))
    written = normalise(" ".join(word.text for word in transcript.words))
    assert wer(said, written) < 0.08
    assert transcript.language == "en"


def test_every_word_has_its_time_and_confidence(transcript: Transcript, regions: list[Span]) -> None:
    words = transcript.words
    assert all(0 <= word.confidence <= 1 for word in words if word.confidence is not None)
    assert all(word.confidence is not None and word.text == word.text.strip() != "" for word in words)
    assert all(
        any(span.start - 0.01 <= word.start <= word.end <= span.end + 0.01 for span in regions) for word in words
    )
    assert [word.start for word in words] == sorted(word.start for word in words)


def test_words_are_where_they_were_said(transcript: Transcript, spoken: list[dict]) -> None:
    """The last words of single-speaker turns end where the turns end."""
    for text, row in (("left?", spoken[2]), ("evening.", spoken[13])):
        (found,) = [word for word in transcript.words if word.text.lower() == text]
        assert abs(found.end - row["end_time"]) < 0.5


def test_the_same_sound_gives_the_same_words(
    recogniser: WhisperRecogniser, sample: Audio, regions: list[Span], transcript: Transcript
) -> None:
    assert recogniser.transcribe(sample, regions) == transcript


def test_times_hold_after_a_long_pause(
    recogniser: WhisperRecogniser, sample: Audio, regions: list[Span], transcript: Transcript
) -> None:
    """The same speech an odd while later is written at exactly that much later."""
    later = 47 * SAMPLE_RATE + 123
    shift = later / SAMPLE_RATE
    moved = Audio(np.concatenate([np.zeros(later, np.float32), sample.samples]))
    again = recogniser.transcribe(moved, [Span(span.start + shift, span.end + shift) for span in regions])
    assert [word.text for word in again.words] == [word.text for word in transcript.words]
    assert all(abs(b.start - a.start - shift) < 0.05 for a, b in zip(transcript.words, again.words, strict=True))


def test_nothing_is_written_where_nothing_is_said(recogniser: WhisperRecogniser) -> None:
    silence = Audio(np.zeros(10 * SAMPLE_RATE, np.float32))
    assert recogniser.transcribe(silence, []) == Transcript((), None)
    assert recogniser.transcribe(silence, [], "de") == Transcript((), "de")
    assert recogniser.transcribe(silence, [Span(2.0, 6.0)]).words == ()


def test_a_given_language_is_used_and_an_unknown_one_refused(recogniser: WhisperRecogniser, sample: Audio) -> None:
    speech = [Span(0.3, 6.4)]
    assert recogniser.transcribe(sample, speech, "de").language == "de"
    with pytest.raises(InvalidOption) as refused:
        recogniser.transcribe(sample, speech, "xx")
    assert refused.value.field == "language"


def test_progress_rises_to_one(recogniser: WhisperRecogniser, sample: Audio, regions: list[Span]) -> None:
    seen: list[float] = []
    recogniser.transcribe(sample, regions, "en", seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0, abs=0.02)


def test_batches_hold_every_window_once_and_the_first_comes_from_all_over(sample: Audio) -> None:
    many = windows([Span(i, i + 0.9) for i in range(70)], sample, longest=2.0, padding=0.05)
    batches = spread(many, 8)
    assert sorted(w.pieces[0].start for batch in batches for w in batch) == [w.pieces[0].start for w in many]
    assert all(len(batch) <= 8 for batch in batches)
    assert max(w.pieces[0].start for w in batches[0]) > 50


def test_every_lane_has_its_batch_and_none_much_more_than_the_others(sample: Audio) -> None:
    many = windows([Span(i, i + 0.9) for i in range(34)], sample, longest=2.0, padding=0.05)
    assert len(many) == 17
    assert [len(batch) for batch in spread(many, 8, lanes=2)] == [5, 5, 5, 2]
    assert [len(batch) for batch in spread(many[:3], 8, lanes=2)] == [2, 1]
    assert spread([], 8, lanes=2) == []
