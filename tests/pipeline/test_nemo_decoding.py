"""NeMo's decoders, set once: what they are set to, and what they leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
