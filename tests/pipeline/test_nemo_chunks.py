"""Long speech through small chunks beside the same speech heard in one pass, for every kind of ASR model.

The models were trained on rows of up to four turns; all eight in a row are 26 s and more, and still written exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.chunks import chunks
from pipeline.nemo_asr import NemoRecogniser, load_asr
from pipeline.parameters import AsrParameters
from pipeline.types import SAMPLE_RATE, Audio, Span, Transcript, Word
from tests.checkpoints.asr import KINDS
from tests.checkpoints.utterances import Utterance, in_a_row, utterances

CLOSE = 0.12 + 1e-3  # s; three steps of the encoder
WHOLE = AsrParameters(240.0, 60.0, 4.0)
# Of the eight turns, by their place in the recording: neighbours, every other one, and mixed.
FOURS = [(0, 1, 2, 3), (0, 2, 4, 6), (5, 1, 6, 0)]
EIGHT = [tuple(range(8)), tuple(range(7, -1, -1))]
PAUSES = [0.0, 0.3, 0.9]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def recogniser(asr_checkpoints: dict[str, Path], kind: str) -> NemoRecogniser:
    return NemoRecogniser(load_asr(asr_checkpoints[kind]), WHOLE)


@pytest.fixture(scope="module")
def nemo(asr_checkpoints: dict[str, Path], kind: str) -> Any:
    """The model as NeMo restores and runs it, untouched by us."""
    from nemo.collections.asr import models

    asr: Any = models.ASRModel
    return asr.restore_from(str(asr_checkpoints[kind]), map_location="cpu").eval()


@pytest.fixture(scope="module")
def known() -> list[Utterance]:
    return utterances()


def in_chunks(recogniser: NemoRecogniser, longest: float, overlap: float) -> NemoRecogniser:
    other = copy(recogniser)
    other._parameters = AsrParameters(240.0, longest, overlap)
    return other


def written(transcript: Transcript) -> str:
    return " ".join(word.text for word in transcript.words)


def nemos(nemo: Any, audio: Audio) -> str:
    """What NeMo's own call writes."""
    (heard,) = nemo.transcribe([audio.samples], batch_size=1, verbose=False)
    return heard.text


def unbroken(regions: Sequence[Span]) -> list[Span]:
    """All of it as one stretch of speech: chunks then overlap, wherever they end."""
    return [Span(regions[0].start, regions[-1].end)]


def same_words(ours: Sequence[Word], theirs: Sequence[Word], edges: frozenset[int], pause: float) -> None:
    """The same at the same times. edges: words with a pause beside them; whereabouts in it they start or end (CTC's
    full stop, for one) is a guess of the model's, which may be another one, up to the first sounds of the next turn,
    where it hears less of what follows."""
    assert [word.text for word in ours] == [word.text for word in theirs]
    for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        near = CLOSE + (pause + CLOSE if index in edges else 0.0)
        assert abs(a.start - b.start) < near
        assert abs(a.end - b.end) < near


def at_edges(said: Sequence[Utterance]) -> frozenset[int]:
    """Which words are the first or the last of their turns."""
    firsts = list(accumulate((len(utterance.text.split()) for utterance in said), initial=0))
    return frozenset(firsts) | {first - 1 for first in firsts}


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("order", [*FOURS, *EIGHT], ids=str)
def test_chunks_write_what_one_pass_over_the_whole_writes(
    order: tuple[int, ...], pause: float, recogniser: NemoRecogniser, nemo: Any, known: list[Utterance]
) -> None:
    """Which is exactly what was said: no word is lost or doubled at a seam, and none is elsewhere."""
    turns = [known[i] for i in order]
    audio, regions, said = in_a_row(turns, pause)
    if nemos(nemo, audio) != said:
        pytest.skip("this model, trained on this machine, does not know this row")
    for speech in [unbroken(regions), regions] if pause else [unbroken(regions)]:
        assert len(chunks(speech, audio, longest=60.0, overlap=4.0)) == 1
        whole = recogniser.transcribe(audio, speech)
        assert written(whole) == said
        for longest, overlap in [(7.0, 3.0), (9.0, 4.0)]:
            assert len(chunks(speech, audio, longest=longest, overlap=overlap)) >= len(order) // 2
            parted = in_chunks(recogniser, longest, overlap).transcribe(audio, speech)
            same_words(parted.words, whole.words, at_edges(turns), pause)


@pytest.mark.parametrize("pause", PAUSES)
def test_one_pass_is_what_nemos_own_transcribe_writes(
    pause: float, recogniser: NemoRecogniser, nemo: Any, known: list[Utterance]
) -> None:
    """Weights come out a little different on every kind of CPU, and turns without a pause are the hardest: of the rows
    of a pause all but one are written right, and those are written by both."""
    rows = [in_a_row([known[i] for i in order], pause) for order in [*FOURS, *EIGHT]]
    right = [audio for audio, _, said in rows if nemos(nemo, audio) == said]
    assert len(right) >= len(rows) - 1
    for audio in right:
        assert written(recogniser.transcribe(audio, [Span(0.0, audio.duration)])) == nemos(nemo, audio)


@pytest.mark.parametrize("seed", range(2))
def test_minutes_of_speech_have_every_word_once(seed: int, recogniser: NemoRecogniser, known: list[Utterance]) -> None:
    """The turns in any order, each several times, with pauses of any length between them."""
    random = np.random.default_rng(seed)
    parts, said, regions, at = list[np.ndarray](), list[str](), list[Span](), 0
    for turn in random.permutation(np.tile(np.arange(len(known)), 5)):
        samples = known[turn].samples
        regions.append(Span(at / SAMPLE_RATE, (at + len(samples)) / SAMPLE_RATE))
        pause = np.zeros(int(random.uniform(0.1, 1.5) * SAMPLE_RATE), np.float32)
        parts += [samples, pause]
        said.append(known[turn].text)
        at += len(samples) + len(pause)
    audio = Audio(np.concatenate(parts))
    assert audio.duration > 130
    speech = unbroken(regions) if seed else regions
    assert written(in_chunks(recogniser, 12.0, 4.0).transcribe(audio, speech)) == " ".join(said)
