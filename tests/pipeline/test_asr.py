"""Whisper itself, on the sample and on what it must not write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy

import numpy as np
import pytest
from jiwer import wer
from whisper_normalizer.english import EnglishTextNormalizer

from errors import Cancelled, InvalidOption
from pipeline.asr import WhisperRecogniser, in_batches
from pipeline.lanes import Lanes
from pipeline.loading import Models
from pipeline.recogniser import Spoken
from pipeline.types import SAMPLE_RATE, Audio, Span, Transcript
from pipeline.whisper import frames_for
from pipeline.windows import Window, windows
from pipeline.word_times import AlignedWord, Decoded
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


@pytest.mark.parametrize("signs", [0, 1, 5])
def test_what_progress_raises_ends_the_work_and_nothing_more(
    recogniser: WhisperRecogniser, sample: Audio, regions: list[Span], transcript: Transcript, signs: int
) -> None:
    """In whatever lane it was raised."""
    given = iter(range(signs))

    def stop(fraction: float) -> None:
        if next(given, None) is None:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        recogniser.transcribe(sample, regions, on_progress=stop)
    assert recogniser.transcribe(sample, regions) == transcript


def cost(window: Window) -> int:
    return frames_for(window.duration)


def test_recordings_heard_together_are_written_as_each_alone(
    recogniser: WhisperRecogniser, sample: Audio, regions: list[Span]
) -> None:
    """Each with its own language, progress and warnings; one of them says nothing."""
    seen: dict[str, list[float]] = {"first": [], "last": []}
    silence = Audio(np.zeros(SAMPLE_RATE, np.float32))
    asked = [
        Spoken(sample, regions[:4], on_progress=seen["first"].append),
        Spoken(silence, []),
        Spoken(sample, regions[4:5], "de", keyterms=("lantern",)),
        Spoken(sample, regions[5:], "en", on_progress=seen["last"].append),
    ]
    together = recogniser.transcribe_all(asked)
    alone = [recogniser.transcribe(one.audio, one.regions, one.language, None, one.keyterms) for one in asked]
    assert [[word.text for word in t.words] for t in together] == [[word.text for word in t.words] for t in alone]
    assert [transcript.language for transcript in together] == ["en", None, "de", "en"]
    assert [len(transcript.warnings) for transcript in together] == [0, 0, 1, 0]
    for fractions in seen.values():
        assert fractions == sorted(fractions)
        assert fractions[-1] == pytest.approx(1.0, abs=0.02)


def test_batches_hold_every_window_once_and_windows_of_one_cost(sample: Audio) -> None:
    short = windows([Span(i, i + 0.9) for i in range(40)], sample, longest=2.0, padding=0.05)
    long = windows([Span(40, 70)], sample, longest=15.0, padding=0.05)
    batches = in_batches([*short, *long], cost, 4)
    assert sorted(w.pieces[0].start for batch in batches for w in batch) == [w.pieces[0].start for w in [*short, *long]]
    assert all(len(batch) <= 4 for batch in batches)
    costs = [{cost(window) for window in batch} for batch in batches]
    assert costs == [{3000}, *[{1500}] * (len(batches) - 1)]


def test_every_lane_has_its_batch_and_none_much_more_than_the_others(sample: Audio) -> None:
    many = windows([Span(i, i + 0.9) for i in range(34)], sample, longest=2.0, padding=0.05)
    assert len(many) == 17
    assert sorted(len(batch) for batch in in_batches(many, cost, 8, lanes=2)) == [4, 4, 4, 5]
    assert sorted(len(batch) for batch in in_batches(many[:3], cost, 8, lanes=2)) == [1, 2]
    assert in_batches([], cost, 8, lanes=2) == []


class ScriptedWhisper:
    """Stands in for the model: says what ``script`` has for the sound of a window, one word a second."""

    def __init__(self, languages: Sequence[str] = ("en",), doubtful_beyond: float = 60.0) -> None:
        self._languages, self._doubtful_beyond = languages, doubtful_beyond
        self.asked: list[float] = []
        self.heard: list[float] = []

    def knows(self, language: str) -> bool:
        return True

    def encode(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """Each sound's mean, in as many rows as the longest of them needs."""
        rows = frames_for(max(map(len, sounds), default=0) / SAMPLE_RATE) // 2
        return np.array([np.full((rows, 1), sound.mean()) for sound in sounds], np.float32)

    def languages(self, encoded: np.ndarray) -> list[dict[str, float]]:
        means = encoded[:, 0, 0].tolist()
        self.asked += means
        return [{self._languages[round(value) % len(self._languages)]: 1.0} for value in means]

    def decode(self, encoded: np.ndarray, durations: Sequence[float], language: str, beam: int) -> list[Decoded]:
        assert len(encoded) == len(durations)
        self.heard += durations
        return [self._decoded(seconds, language) for seconds in durations]

    def _decoded(self, seconds: float, language: str) -> Decoded:
        words = tuple(AlignedWord(language, float(i), i + 1.0, 0.9) for i in range(int(seconds)))
        return Decoded(words, -0.1, 0.01, 9.0 if seconds > self._doubtful_beyond else 1.0)


def scripted(recogniser: WhisperRecogniser, whisper: ScriptedWhisper, lanes: Lanes | None = None) -> WhisperRecogniser:
    other = copy(recogniser)
    other._whisper, other._lanes = whisper, lanes or Lanes()  # type: ignore[assignment]
    return other


def test_a_doubtful_window_comes_back_in_ever_shorter_ones(recogniser: WhisperRecogniser) -> None:
    """12 s fit into the second round as they are, so it takes the third to cut them."""
    whisper = ScriptedWhisper(doubtful_beyond=8.0)
    noise = Audio(np.random.default_rng(0).normal(0, 0.1, 14 * SAMPLE_RATE).astype(np.float32))
    transcript = scripted(recogniser, whisper).transcribe(noise, [Span(1.0, 12.6)], "en")
    assert whisper.heard[:2] == pytest.approx([12.0, 12.0])
    assert max(whisper.heard[2:]) <= 7.5
    assert len(transcript.words) > 8


def test_what_stays_doubtful_to_the_end_is_heard_no_more_than_once_a_round(recogniser: WhisperRecogniser) -> None:
    whisper = ScriptedWhisper(doubtful_beyond=0.0)
    tone = Audio(np.full(10 * SAMPLE_RATE, 0.1, np.float32))
    transcript = scripted(recogniser, whisper).transcribe(tone, [Span(1.0, 6.0)], "en")
    assert len(whisper.heard) == 1, "5 s would be cut no finer, and say the same again"
    assert transcript.words != ()


def test_a_window_of_just_the_short_length_is_short_for_all(recogniser: WhisperRecogniser) -> None:
    """Its seconds, summed up from pieces, once came out above 7.5 where its samples did not."""
    tone = Audio(np.full(60 * SAMPLE_RATE, 0.1, np.float32))
    regions = [Span(0.3, 25.0), Span(33.9, 41.0)]
    assert scripted(recogniser, ScriptedWhisper()).transcribe(tone, regions).language == "en"


def test_a_region_shorter_than_a_sample_says_nothing(recogniser: WhisperRecogniser) -> None:
    second = Audio(np.full(SAMPLE_RATE, 0.1, np.float32))
    assert recogniser.transcribe(second, [Span(1.0, 1.02)]) == Transcript((), None)
    assert recogniser.transcribe(second, [Span(1.0, 1.02)], "en") == Transcript((), "en")


@pytest.mark.parametrize("lanes", [1, 3])
def test_windows_from_all_over_vote_for_the_language(recogniser: WhisperRecogniser, lanes: int) -> None:
    """Every window says its own number; the first are English, most are German."""
    levels = np.repeat([0.0, 0.0, 0.0, *[1.0] * 17], 30 * SAMPLE_RATE).astype(np.float32)
    regions = [Span(30.0 * i + 1, 30.0 * i + 29) for i in range(20)]
    whisper = ScriptedWhisper(languages=("en", "de"))
    transcript = scripted(recogniser, whisper, Lanes(lanes)).transcribe(Audio(levels), regions)
    assert transcript.language == "de"
    assert {word.text for word in transcript.words} == {"de"}
    assert whisper.asked.count(0.0) == 1
    assert 4 <= len(whisper.asked) <= 8


def test_nobody_writes_where_only_the_language_is_asked_for(recogniser: WhisperRecogniser) -> None:
    """One is all English, one begins in English and ends, a little longer, in German; in one nobody speaks."""
    levels = np.repeat([0.0, 1.0], 30 * SAMPLE_RATE).astype(np.float32)
    both, first = [Span(1.0, 29.0), Span(31.0, 59.0)], [Span(1.0, 29.0)]
    asked = [Spoken(Audio(levels), regions, only_language=True) for regions in (first, [*both, Span(59.2, 59.8)], [])]
    mute = ScriptedWhisper(languages=("en", "de"))
    mute.decode = None  # type: ignore[assignment]
    english, german, silent = scripted(recogniser, mute).transcribe_all(asked)
    assert (english.words, english.language, english.language_confidence) == ((), "en", 1.0)
    assert (german.words, german.language) == ((), "de")
    assert german.language_confidence == pytest.approx(0.5, abs=0.02)
    assert silent == Transcript()


def test_lanes_change_no_word(models: Models, sample: Audio, regions: list[Span], transcript: Transcript) -> None:
    alone = copy(models.recogniser)
    alone._lanes = Lanes()
    assert models.recogniser._lanes.count == 2
    words = alone.transcribe(sample, regions).words
    assert [word.text for word in words] == [word.text for word in transcript.words]
    assert [word.start for word in words] == pytest.approx([word.start for word in transcript.words], abs=0.05)
