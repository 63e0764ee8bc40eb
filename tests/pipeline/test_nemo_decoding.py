"""NeMo's decoders, set once: what they are set to, and what they leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jiwer import wer

from pipeline.nemo_asr import load_asr
from pipeline.nemo_decoding import Decoder
from tests.checkpoints.asr import KINDS, Utterance, utterances


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, asr_checkpoints: dict[str, Path]) -> Any:
    return load_asr(asr_checkpoints[request.param])


@pytest.fixture(scope="module")
def decoder(model: Any) -> Decoder:
    return Decoder(model)


@pytest.fixture(scope="module")
def known() -> list[Utterance]:
    return utterances()


def text(decoder: Decoder, sound: np.ndarray, *keyterms: str) -> str:
    return " ".join(word.text for word in decoder([sound], keyterms)[0])


def test_sounds_of_any_length_go_together(decoder: Decoder, known: list[Utterance]) -> None:
    sounds = [known[0].samples, np.zeros(0, np.float32), known[3].samples[:3200], known[1].samples]
    first, _, short, last = decoder(sounds)
    assert " ".join(word.text for word in first) == known[0].text
    assert " ".join(word.text for word in last) == known[1].text
    assert all(word.at < 0.4 for word in short)


def test_the_model_is_set_once_and_not_changed_by_a_call(model: Any, known: list[Utterance]) -> None:
    decoder = Decoder(model)
    before = model.decoding
    decoder([known[0].samples])
    assert model.decoding is before
    assert not model.training
    assert (model.preprocessor.featurizer.dither, model.preprocessor.featurizer.pad_to) == (0.0, 0)


def test_the_same_sound_gives_the_same_words(decoder: Decoder, known: list[Utterance]) -> None:
    assert decoder([known[2].samples]) == decoder([known[2].samples])


def test_phrases_that_are_expected_are_preferred(asr_checkpoints: dict[str, Path], known: list[Utterance]) -> None:
    """In noise that the model was not trained on. Only among what sounds alike: it writes no phrase into a blank."""
    decoder, random = Decoder(load_asr(asr_checkpoints["ctc"])), np.random.default_rng(3)
    plain, boosted = 0.0, 0.0
    for utterance in known:
        noisy = (utterance.samples + random.normal(0, 0.01, len(utterance.samples))).astype(np.float32)
        plain += wer(utterance.text, text(decoder, noisy))
        boosted += wer(utterance.text, text(decoder, noisy, utterance.text))
        assert text(decoder, utterance.samples, "something else") == utterance.text
    assert boosted < 0.9 * plain
