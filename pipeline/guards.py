"""What keeps invented, repeated and missing text out of a transcript.

Thresholds without a source were read off 48 windows of meetings and dialogues: the decoder's sound and failed
windows lie far apart (see each).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.types import Span, Word
from pipeline.windows import Window
from pipeline.word_times import AlignedWord, Decoded, placed

# Of the decoder's own doubts: Radford et al. 2022, section 4.5.
NO_SPEECH, LOW_LOGPROB, HIGH_COMPRESSION = 0.6, -1.0, 2.4
# s of speech for one word: 1.3 at most where all was written (long words, numbers), 2.0 to 14 where a passage was not.
LONGEST_WORD = 1.7
# Share of words that the alignment found no frame for: up to 0.06 in sound windows, 0.17 in one that repeats itself.
SQUEEZED = 0.1
_LONGEST_PHRASE = 8  # words, of a repeated phrase


def heard(decoded: Decoded, window: Window, *, final: bool) -> tuple[list[Word], list[list[Span]]]:
    """The words to keep of one window, and its passages to hear again (spans); with ``final`` there is no again."""
    silent = decoded.no_speech > NO_SPEECH
    if silent and decoded.logprob < LOW_LOGPROB:
        return [], []
    texts = without_stutter(decoded.words)
    if not final and is_doubtful(texts, decoded):
        return [], [list(window.spans)]
    words = placed(texts, window)
    passages = skipped(words, window)
    if final:  # A word stretched over silence is the model's favourite invention: "you" over 4 s of nothing.
        return [] if silent and passages else words, []
    kept = [word for word in words if not any(start <= word.start < end for start, end in passages)]
    return kept, [_speech_in(window.spans, start, end) for start, end in passages]


def is_doubtful(words: Sequence[AlignedWord], decoded: Decoded) -> bool:
    """Whether the text repeats itself, is more than the sound has room for, or is a guess."""
    squeezed = sum(word.squeezed for word in words)
    crowded = squeezed > max(2, SQUEEZED * len(words))
    return decoded.compression > HIGH_COMPRESSION or decoded.logprob < LOW_LOGPROB or crowded


def skipped(words: Sequence[Word], window: Window) -> list[tuple[float, float]]:
    """Intervals of the recording with more speech than one word: from the start of a word to that of the next.

    Whisper jumps over whole sentences where a speaker or a topic changes and stretches one word over them.
    """
    starts = [window.pieces[0].start, *(word.start for word in words), window.pieces[-1].end]
    return [
        (start, end)
        for start, end in pairwise(starts)
        if sum(part.duration for part in _speech_in(window.spans, start, end)) > LONGEST_WORD
    ]


def _speech_in(spans: Sequence[Span], start: float, end: float) -> list[Span]:
    return [Span(max(start, span.start), min(end, span.end)) for span in spans if span.start < end and start < span.end]


def without_stutter(words: Sequence[AlignedWord]) -> list[AlignedWord]:
    """``words`` without phrases that repeat the words before them and take no time ("the the the army")."""
    kept: list[AlignedWord] = []
    for word in words:
        kept.append(word)
        for length in range(1, min(_LONGEST_PHRASE, len(kept) // 2) + 1):
            phrase, before = kept[-length:], kept[-2 * length : -length]
            if all(word.squeezed for word in phrase) and _letters(phrase) == _letters(before):
                del kept[-length:]
                break
    return kept


def _letters(words: Sequence[AlignedWord]) -> list[str]:
    return ["".join(filter(str.isalnum, word.text)).lower() for word in words]
