"""Word error rates: WER of everything said in time order, and cpWER, where each word must also have its speaker.

Text is normalised as for Whisper (Radford et al. 2022, appendix C) before words are compared, and after a stream is
put together, so that it does not matter where a system cuts its segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import jiwer
from meeteval.io import SegLST
from meeteval.wer import cp_word_error_rate
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from errors import InputError
from pipeline.languages import UNSPACED
from pipeline.types import Segment

Normalise = Callable[[str], str]


@dataclass(frozen=True)
class WordErrors:
    """Counts of words. ``+`` pools recordings."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )

    @property
    def rate(self) -> float | None:
        """Errors as a share of the reference words; None where there are none."""
        return (self.substitutions + self.deletions + self.insertions) / self.words if self.words else None


def normaliser(language: str | None) -> Normalise:
    """Whisper's English normaliser for "en" and for None, its basic one for every other language."""
    if language in (None, "en"):
        return EnglishTextNormalizer()
    return BasicTextNormalizer(split_letters=language in UNSPACED)  # each sign counts as a word


def word_errors(reference: Iterable[Segment], hypothesis: Iterable[Segment], normalise: Normalise) -> WordErrors:
    """WER: all segments by start, whoever spoke, as one stream of words each."""
    result = jiwer.process_words(_joined(reference, normalise), _joined(hypothesis, normalise))
    words = result.hits + result.substitutions + result.deletions
    return WordErrors(words, result.substitutions, result.deletions, result.insertions)


def cp_word_errors(reference: Iterable[Segment], hypothesis: Iterable[Segment], normalise: Normalise) -> WordErrors:
    """cpWER (Watanabe et al., CHiME-6, 2020): each speaker's words as one stream, speakers paired as suits best.

    Raises InputError for more speakers than meeteval is willing to pair (20).
    """
    streams = _by_speaker(reference, normalise), _by_speaker(hypothesis, normalise)
    # Each stream is in order already. meeteval takes False for that, though its annotation says str.
    try:
        result = cp_word_error_rate(*streams, reference_sort=False, hypothesis_sort=False)  # pyright: ignore
    except RuntimeError as error:
        raise InputError("cpWER cannot be scored: there are too many speakers to pair.") from error
    return WordErrors(result.length, result.substitutions, result.deletions, result.insertions)


def _joined(segments: Iterable[Segment], normalise: Normalise) -> str:
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.end))
    return " ".join(normalise(" ".join(segment.text for segment in ordered)).split())


def _by_speaker(segments: Iterable[Segment], normalise: Normalise) -> SegLST:
    rows = list(segments)
    return SegLST(
        [
            {"speaker": name, "words": _joined((row for row in rows if row.speaker == name), normalise)}
            for name in sorted({segment.speaker for segment in rows})
        ]
    )
