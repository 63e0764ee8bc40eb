"""What NeMo decoded in one sound -> words with times and confidences, whatever NeMo left out.

NeMo has three tables for a hypothesis: the text, the time of each token, the confidence of each token. Its own joining
of them into words can miscount (and raises then). Here the letters are the rule: the tokens spell the text, so each
word owns the tokens that spell it. What no token tells is interpolated and says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from pipeline.types import Span, Word


@dataclass(frozen=True)
class Stamped:
    """A word heard in [start, end) s. at: when its first token was decided on, which tells best where it belongs, as
    the start may reach back over a pause and the end over the next."""

    text: str
    start: float
    end: float
    at: float
    confidence: float | None = None
    interpolated: bool = False

    def moved(self, seconds: float) -> Stamped:
        return replace(self, start=self.start + seconds, end=self.end + seconds, at=self.at + seconds)


@dataclass(frozen=True)
class _Token:
    """letters: what it spells, without spaces; start, end: s."""

    letters: str
    start: float
    end: float
    confidence: float | None


def stamped(hypothesis: Any, frame: float, duration: float, *, ctc: bool) -> list[Stamped]:
    """The words of a NeMo ``Hypothesis`` with tokens' times, in s of the sound, which lasts ``duration`` s.

    frame: s for each step of the encoder. ctc: whether a token's end, rather than its start, is when it was decided.
    """
    texts = (hypothesis.text or "").split()
    tokens = list(_tokens(hypothesis, frame))
    words = [_word(text, own, frame, ctc) for text, own in zip(texts, _owned(texts, tokens), strict=True)]
    return _filled(texts, words, duration)


def placed(word: Stamped, regions: Sequence[Span]) -> Word:
    """The word in the recording, within the speech region that it was decided in, or else the nearest one."""
    region = min(regions, key=lambda region: max(region.start - word.at, word.at - region.end))
    start = min(max(word.start, region.start), region.end)
    end = min(max(word.end, start), region.end)
    return Word(word.text, start, end, word.confidence, interpolated=word.interpolated)


def in_order(words: Iterable[Word]) -> list[Word]:
    """As they were said: where the two sides of a seam time a word differently, it starts no sooner than the word
    before it."""
    found: list[Word] = []
    for word in words:
        start = max(word.start, found[-1].start) if found else word.start
        found.append(replace(word, start=start, end=max(word.end, start)))
    return found


def _tokens(hypothesis: Any, frame: float) -> Iterator[_Token]:
    """A space that is a token of its own (of models that spell letter by letter) is none of a word's."""
    stamps = hypothesis.timestamp.get("char", []) if isinstance(hypothesis.timestamp, dict) else []
    confidences = [_share(value) for value in hypothesis.token_confidence or []]
    if len(confidences) != len(stamps):
        confidences = [None] * len(stamps)
    for stamp, confidence in zip(stamps, confidences, strict=True):
        text = "".join(stamp["char"])
        if text == "" or not text.isspace():
            start, end = float(stamp["start_offset"]) * frame, float(stamp["end_offset"]) * frame
            yield _Token("".join(text.split()), start, end, confidence)


def _share(value: Any) -> float:
    return min(1.0, max(0.0, float(value)))


def _owned(texts: Sequence[str], tokens: Sequence[_Token]) -> list[list[_Token]]:
    """For each word the tokens that spell it; none at all where the tokens do not spell the text. A token without
    letters (a bare start of a word) belongs to the word that follows."""
    owned: list[list[_Token]] = [[] for _ in texts]
    ends = list(accumulate(len(text) for text in texts))
    if "".join(texts) == "".join(token.letters for token in tokens):
        first = 0
        for token in tokens:
            if (word := bisect_right(ends, first)) < len(texts):
                owned[word].append(token)
            first += len(token.letters)
    return owned


def _word(text: str, tokens: Sequence[_Token], frame: float, ctc: bool) -> Stamped | None:
    if not any(token.letters for token in tokens):
        return None
    start, at = tokens[0].start, next(token.end if ctc else token.start for token in tokens if token.letters)
    known = [token.confidence for token in tokens if token.confidence is not None]
    end = max(tokens[-1].end, start + frame)
    return Stamped(text, start, end, at, min(known) if known else None)


def _filled(texts: Sequence[str], words: Sequence[Stamped | None], duration: float) -> list[Stamped]:
    """Words without a time share the time between their neighbours, or the ends of the sound, by their letters."""
    found: list[Stamped] = []
    for index, word in enumerate(words):
        if word is None:
            following = next((j for j in range(index, len(words)) if words[j]), len(words))
            until = after.start if following < len(words) and (after := words[following]) else duration
            since = found[-1].end if found else 0.0
            letters = [len(text) for text in texts[index:following]]
            end = since + max(0.0, until - since) * letters[0] / sum(letters)
            word = Stamped(texts[index], since, end, since, interpolated=True)
        found.append(word)
    return found
