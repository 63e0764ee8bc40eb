"""NeMo's decoders, set once: what they are set to, and what they leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

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


# Two voices at once, one of each group, at several shares of the first: what is written is often a word of the one
# where the other one's is nearly as likely, so that an expected phrase makes a difference, whatever the model.
FIRST, SECOND = (1, 4, 6), (2, 3, 5, 7)
SHARES = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
PHRASES = (
    ("twelve thousand", "launch", "around after lunch", "write it down", "third of March", "evening"),
    ("reasonable", "works for me", "usually quiet", "press", "fastest meeting", "both of you", "What do you think"),
)
TERMS = PHRASES[0] + PHRASES[1]


@pytest.fixture(scope="module")
def mixed(known: list[Utterance]) -> list[tuple[np.ndarray, str]]:
    """Each turn of the first group over each of the second: sound, and what both say."""
    pairs = [(known[i], known[j], share) for i in FIRST for j in SECOND for share in SHARES]
    return [(over(a.samples * share, b.samples * (1 - share)), f"{a.text} {b.text}") for a, b, share in pairs]


def over(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    length = max(len(a), len(b))
    return np.pad(a, (0, length - len(a))) + np.pad(b, (0, length - len(b)))


def texts(decoder: Decoder, mixed: list[tuple[np.ndarray, str]], *keyterms: str) -> list[str]:
    return [" ".join(word.text for word in words) for words in decoder([sound for sound, _ in mixed], keyterms)]


def test_phrases_that_are_expected_are_preferred(decoder: Decoder, mixed: list[tuple[np.ndarray, str]]) -> None:
    """Among what sounds alike, to what else is said there: but next to none is written where nobody says it. Tried as
    well, on each kind: twice these weights, which write phrases into what was heard well, as the weight of CTC does
    with transducers ("Yes, that works for me." became "Tues,.")."""
    said = [text for _, text in mixed]
    plain = texts(decoder, mixed)
    boosted = [texts(decoder, mixed, *phrases) for phrases in PHRASES]

    def right(rows: list[str], phrases: Sequence[str]) -> int:
        return sum(phrase in row for row, text in zip(rows, said, strict=True) for phrase in phrases if phrase in text)

    def wrong(rows: list[str]) -> int:
        return sum(term in row for row, text in zip(rows, said, strict=True) for term in TERMS if term not in text)

    gained = sum(right(rows, own) - right(plain, own) for rows, own in zip(boosted, PHRASES, strict=True))
    assert gained >= 2
    for rows in boosted:
        assert wrong(rows) <= wrong(plain) + 0.02 * len(said)


def test_phrases_hold_for_one_call_alone(decoder: Decoder, model: Any, mixed: list[tuple[np.ndarray, str]]) -> None:
    first, other = texts(decoder, mixed), texts(decoder, mixed, *TERMS)
    near = [row for row, a, b in zip(mixed, first, other, strict=True) if a != b]
    plain, boosted = texts(decoder, near), texts(decoder, near, *TERMS)
    assert boosted != plain
    assert texts(decoder, near) == plain
    assert texts(decoder, near, "something else") != boosted
    assert texts(decoder, near, *TERMS) == boosted
    assert texts(Decoder(model), near) == plain


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
