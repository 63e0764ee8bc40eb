from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.annotations import read_seglst
from evaluation.der import diarization_errors
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized, Diarizer, Heard
from pipeline.embeddings import VoiceEmbedder
from pipeline.loading import Models
from pipeline.pieces import Piece
from pipeline.types import SAMPLE_RATE, Audio, Span, Turn, Voiceprints
from settings import ROOT
from tests.pipeline.conftest import Hear, Script

REFERENCE = ROOT / "samples" / "planning_meeting.seglst.json"


@pytest.fixture(scope="module")
def heard(models: Models, sample: Audio) -> Heard:
    return models.diarizer.listen(sample)


class Remembering:
    """The real embedder, which hears every piece once."""

    def __init__(self, embedder: VoiceEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[float, float, int], np.ndarray] = {}

    def __call__(self, audio: Audio, pieces: Sequence[Piece], on_progress=None) -> Voiceprints:
        keys = [(piece.start, piece.end, len(piece.frames)) for piece in pieces]
        new = [piece for piece, key in zip(pieces, keys, strict=True) if key not in self._known]
        for piece, vector in zip(new, self._embedder(audio, new).vectors, strict=True):
            self._known[piece.start, piece.end, len(piece.frames)] = vector
        return Voiceprints(np.stack([self._known[key] for key in keys]), ())


@pytest.fixture(scope="module")
def diarizer(models: Models) -> Diarizer:
    real = models.diarizer
    return Diarizer(real._detector, real._segmenter, Remembering(real._embedder))  # type: ignore[arg-type]


def voices(turns: Sequence[Turn]) -> int:
    return len({turn.speaker for turn in turns})


def test_the_sample_is_told_apart_as_the_script_says(models: Models, sample: Audio, heard: Heard) -> None:
    diarized = models.diarizer.tell_apart(sample, heard, Bounds())
    turns, speech = diarized.turns, diarized.speech
    reference = [Turn(said.speaker, said.start, said.end) for said in read_seglst(REFERENCE)]
    assert voices(turns) == 3
    assert diarization_errors(reference, turns, Span(0, sample.duration), collar=0.25).rate < 0.035
    for turn in reference:
        covered = sum(min(turn.end, span.end) - max(turn.start, span.start) for span in speech
                      if span.end > turn.start and span.start < turn.end)  # fmt: skip
        assert covered > 0.95 * (turn.end - turn.start)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 12])
def test_a_given_number_of_speakers_is_honoured(diarizer: Diarizer, sample: Audio, heard: Heard, number: int) -> None:
    turns = diarizer.tell_apart(sample, heard, Bounds(number, number)).turns
    assert voices(turns) == number
    assert list(turns) == sorted(turns, key=lambda turn: (turn.start, turn.end))
    assert all(0 <= turn.start < turn.end <= sample.duration for turn in turns)


@pytest.mark.parametrize(("bounds", "number"), [(Bounds(2, 4), 3), (Bounds(4, 9), 4), (Bounds(1, 2), 2)])
def test_bounds_are_honoured(diarizer: Diarizer, sample: Audio, heard: Heard, bounds: Bounds, number: int) -> None:
    assert voices(diarizer.tell_apart(sample, heard, bounds).turns) == number


@pytest.mark.parametrize("seconds", [0.1, 0.3, 5.0, 12.0])
@pytest.mark.parametrize("level", [0.0, 0.05])
def test_silence_and_noise_have_no_turns(models: Models, seconds: float, level: float) -> None:
    noise = np.random.default_rng(0).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)
    audio = Audio(noise)
    assert models.diarizer.tell_apart(audio, models.diarizer.listen(audio), Bounds(3, 3)) == Diarized((), ())


def test_a_short_answer_by_itself_is_one_speaker(models: Models, sample: Audio) -> None:
    audio = Audio(sample.cut(13.3, 14.4).copy())
    diarized = models.diarizer.tell_apart(audio, models.diarizer.listen(audio), Bounds())
    assert voices(diarized.turns) == 1
    assert len(diarized.speech) == 1


class Listener:
    """Embeds a piece as the mean of the voices that speak in it by the script; two voices have a cosine of 0.39."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def __call__(self, audio: Audio, pieces: Sequence[Piece], on_progress=None) -> Voiceprints:
        vectors = np.ones((len(pieces), len(self._script) + 1), np.float32)
        for row, piece in zip(vectors, pieces, strict=True):
            time = piece.frames * 0.01
            for column, turns in enumerate(self._script.values()):
                row[column] = 1.25 * np.mean([any(start <= t < end for start, end in turns) for t in time])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Voiceprints(vectors, tuple(Span(piece.start, piece.end) for piece in pieces))


def told_apart(hear: Hear, networks: Script, truth: Script, duration: float, bounds: Bounds) -> list[Turn]:
    """networks: whom segmentation tells apart; truth: whose voices there are."""
    audio = Audio(np.zeros(round(duration * SAMPLE_RATE), np.float32))
    heard = Heard(np.full(round(duration / 0.02), 0.9, np.float32), hear(networks, duration))
    diarizer = Diarizer(None, None, Listener(truth))  # type: ignore[arg-type]
    return list(diarizer.tell_apart(audio, heard, bounds).turns)


def speaker_at(turns: Sequence[Turn], time: float) -> str:
    (turn,) = (turn for turn in turns if turn.start <= time < turn.end)
    return turn.speaker


def test_a_piece_that_holds_two_voices_is_heard_again_in_halves(hear: Hear) -> None:
    truth = {"anna": [(0.5, 8), (20, 22)], "ben": [(9, 17), (22, 23.6), (24.8, 30)]}
    networks = {"one": [(0.5, 8), (9, 17), (20, 21.95), (22.05, 23.6), (24.8, 30)]}  # nobody is told apart
    turns = told_apart(hear, networks, truth, 30, Bounds())
    assert voices(turns) == 2
    assert speaker_at(turns, 21) == speaker_at(turns, 4)
    assert speaker_at(turns, 23) == speaker_at(turns, 27) == speaker_at(turns, 13)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 3))
def test_whoever_speaks_the_bounds_are_honoured(hear: Hear, seed: int, low: int, more: int) -> None:
    """40 s of up to four people, whom segmentation confuses as it likes."""
    random = np.random.default_rng(seed)
    truth: dict[str, list[tuple[float, float]]] = {name: [] for name in "abcd"[: random.integers(1, 5)]}
    networks: dict[str, list[tuple[float, float]]] = {name: [] for name in "xyz"[: random.integers(1, 4)]}
    start = 0.3
    while start < 40:
        end = start + random.uniform(0.3, 5)
        truth[random.choice(list(truth))].append((start, end))
        networks[random.choice(list(networks))].append((start, end - 0.05))
        start = end + random.choice([0.0, random.uniform(0, 1.5)])
    turns = told_apart(hear, networks, truth, start + 1, Bounds(low, low + more))
    assert low <= voices(turns) <= low + more
    assert {turn.speaker for turn in turns} == {str(k) for k in range(voices(turns))}
