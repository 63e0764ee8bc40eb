from __future__ import annotations

from faster_whisper.tokenizer import _LANGUAGE_CODES

from pipeline.languages import LANGUAGES


def test_they_are_the_recognisers_own() -> None:
    assert LANGUAGES == _LANGUAGE_CODES
