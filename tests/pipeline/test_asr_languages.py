from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.asr_languages import EUROPEAN, languages_of
from pipeline.languages import LANGUAGES


@pytest.mark.parametrize(
    ("model_path", "languages"),
    [
        ("nvidia/parakeet-tdt-0.6b-v3", EUROPEAN),
        ("nvidia/parakeet-tdt-0.6b-v2", ("en",)),
        ("nvidia/parakeet-tdt_ctc-110m", ("en",)),
        ("stt_en_conformer_ctc_large", ("en",)),
        ("stt_de_fastconformer_hybrid_large_pc", ("de",)),
        ("nvidia/stt_fr_fastconformer_hybrid_large_pc", ("fr",)),
        ("stt_kk_ru_fastconformer_hybrid_large", ("kk", "ru")),
        ("stt_ua_fastconformer_hybrid_large_pc", ("uk",)),
        ("nvidia/parakeet-rnnt-1.1b", ("en",)),
        ("nvidia/parakeet-tdt_ctc-0.6b-ja", ("ja",)),
        ("checkpoints/stt_en_conformer_ctc_small.nemo", ("en",)),
        ("stt_multilingual_fastconformer_hybrid_large_pc", ()),
        ("models/our_own.nemo", ()),
    ],
)
def test_the_name_tells_the_languages(model_path: str, languages: tuple[str, ...]) -> None:
    assert languages_of(SimpleNamespace(), model_path) == languages


def test_a_tokenizer_of_several_languages_names_them_itself() -> None:
    tokenizer = SimpleNamespace(tokenizers_dict={"es": None, "en-US": None})
    assert languages_of(SimpleNamespace(tokenizer=tokenizer), "our_own.nemo") == ("en", "es")


def test_they_are_languages_that_a_caller_may_name() -> None:
    assert set(EUROPEAN) <= set(LANGUAGES)
