"""NeMo's decoders, set once: what they are set to, and what they leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jiwer import wer

from pipeline.nemo_asr import load_asr
from pipeline.nemo_decoding import Decoder
from tests.checkpoints.asr import KINDS
from tests.checkpoints.utterances import Utterance, in_a_row, utterances

FRAME = 0.04


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, asr_checkpoints: dict[str, Path]) -> Any:
    return load_asr(asr_checkpoints[request.param])


@pytest.fixture(scope="module")
def decoder(model: Any) -> Decoder:
    return Decoder(model)


@pytest.fixture(scope="module")
def known() -> list[Utterance]:
    return utterances()


def test_sounds_of_any_length_go_together(decoder: Decoder, known: list[Utterance]) -> None:
    """Also none, and less than the second that NeMo pads to, whose words are timed in it and not in its padding."""
    part = known[3].samples[:8000]
    first, _, short, padded, last = decoder(
        [known[0].samples, np.zeros(0, np.float32), part, np.pad(part, 4000), known[1].samples]
    )
    assert " ".join(word.text for word in first) == known[0].text
    assert " ".join(word.text for word in last) == known[1].text
    assert padded
    assert [word.text for word in short] == [word.text for word in padded]
    assert [word.at for word in short] == pytest.approx([word.at - 0.25 for word in padded])


def test_the_model_is_set_once_and_not_changed_by_a_call(model: Any, known: list[Utterance]) -> None:
    decoder = Decoder(model)
    before = model.decoding
    decoder([known[0].samples])
    assert model.decoding is before
    assert not model.training
    assert (model.preprocessor.featurizer.dither, model.preprocessor.featurizer.pad_to) == (0.0, 0)


def test_the_same_sound_gives_the_same_words(decoder: Decoder, known: list[Utterance]) -> None:
    assert decoder([known[2].samples]) == decoder([known[2].samples])


# What the turns say, in noise that no model was trained on; NOISES are its standard deviations.
TERMS = ("reasonable", "twelve thousand", "March", "Tuesday", "launch", "fastest meeting", "usually quiet", "evening")
NOISES = (0.012, 0.015, 0.018, 0.02, 0.025)


@pytest.fixture(scope="module")
def noisy(known: list[Utterance]) -> list[tuple[np.ndarray, str]]:
    """Each turn, three times at each level: sound, and what it says."""
    random = np.random.default_rng(3)
    turns = [(utterance, level) for level in NOISES for utterance in known for _ in range(3)]
    return [((u.samples + random.normal(0, level, len(u.samples))).astype(np.float32), u.text) for u, level in turns]


def texts(decoder: Decoder, noisy: list[tuple[np.ndarray, str]], *keyterms: str) -> list[str]:
    return [" ".join(word.text for word in words) for words in decoder([sound for sound, _ in noisy], keyterms)]


def test_phrases_that_are_expected_are_preferred(
    decoder: Decoder, model: Any, noisy: list[tuple[np.ndarray, str]]
) -> None:
    """Among what sounds alike: "reasonabl" becomes "reasonable" and "Mars" "March", and next to none is written where
    nobody says it. Tried as well, on each kind: twice these weights, which write phrases into what was heard well, as
    the weight of CTC does with transducers ("Yes, that works for me." became "Tues,.")."""
    said = [text for _, text in noisy]
    plain, boosted = texts(decoder, noisy), texts(decoder, noisy, *TERMS)

    def right(rows: list[str]) -> int:
        return sum(term in row for row, text in zip(rows, said, strict=True) for term in TERMS if term in text)

    def wrong(rows: list[str]) -> int:
        return sum(term in row for row, text in zip(rows, said, strict=True) for term in TERMS if term not in text)

    # Transducers hear more of these terms right by themselves, and are boosted by less.
    least = 0 if hasattr(model, "joint") else 1
    assert right(boosted) >= right(plain) + least > least
    assert wrong(boosted) <= wrong(plain) + 0.01 * len(said)
    assert wer(said, boosted) < wer(said, plain) + 0.01


def test_phrases_hold_for_one_call_alone(decoder: Decoder, model: Any, noisy: list[tuple[np.ndarray, str]]) -> None:
    first, other = texts(decoder, noisy), texts(decoder, noisy, *TERMS)
    loud = [row for row, a, b in zip(noisy, first, other, strict=True) if a != b]
    plain, boosted = texts(decoder, loud), texts(decoder, loud, *TERMS)
    assert boosted != plain
    assert texts(decoder, loud) == plain
    assert texts(decoder, loud, "something else") != boosted
    assert texts(decoder, loud, *TERMS) == boosted
    assert texts(Decoder(model), loud) == plain


def test_what_is_heard_well_stays_right_whatever_is_expected(decoder: Decoder, known: list[Utterance]) -> None:
    for keyterms in (TERMS, ("something else", "board meeting")):
        heard = decoder([utterance.samples for utterance in known], keyterms)
        assert [" ".join(word.text for word in words) for words in heard] == [u.text for u in known]


def test_halves_write_the_same_words_at_the_same_times(decoder: Decoder, model: Any, known: list[Utterance]) -> None:
    """What runs on CUDA, here on the CPU: bf16 in the networks, fp32 in the front end and in what decodes."""
    sounds = [utterance.samples for utterance in known] + [in_a_row(known[:4], 0.3)[0].samples]
    kinds = dict[str, torch.dtype]()
    parts = {"front end": model.preprocessor, "encoder": model.encoder.layers[0].feed_forward1.linear1}
    hooks = [
        part.register_forward_hook(lambda _, __, out, name=name: kinds.update({name: _tensor(out).dtype}))
        for name, part in parts.items()
    ]
    halves = Decoder(model, dtype=torch.bfloat16)(sounds)
    assert kinds == {"front end": torch.float32, "encoder": torch.bfloat16}
    singles = decoder(sounds)
    assert kinds["encoder"] == torch.float32
    for hook in hooks:
        hook.remove()
    sure = [[word.confidence for row in rows for word in row] for rows in (halves, singles)]
    assert np.abs(np.subtract(*sure)).mean() < 0.05
    for half, single in zip(halves, singles, strict=True):
        assert [word.text for word in half] == [word.text for word in single]
        for a, b in zip(half, single, strict=True):
            assert abs(a.start - b.start) <= FRAME + 1e-6
            assert abs(a.end - b.end) <= FRAME + 1e-6


def _tensor(output: Any) -> torch.Tensor:
    return output[0] if isinstance(output, tuple) else output
