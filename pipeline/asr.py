"""Words: speech spans in, a transcript in the recording's own time out.

Only speech is decoded, so silence cannot be turned into text. What Whisper still gets wrong shows in its own output:
text that repeats itself, stretches of speech without a word. Such stretches are heard again in shorter windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pipeline.types import Audio, Span, Transcript, Word
from pipeline.whisper import WINDOW, Decoded, Whisper
from pipeline.whisper_weights import whisper_folder
from pipeline.windows import Window, windows
from settings import Settings

BEAM = 5
BATCH = 8  # windows decoded together
PADDING = 0.2  # seconds of sound around speech: a word that touches the cut is lost
AGAIN = (15.0, 8.0)  # seconds of the windows in which doubtful stretches are heard again

REPEATS = 2.4  # compression ratio of text that repeats itself (Radford et al., 2022)
UNTIMED = 5  # words without a frame of sound: text that the decoder made up
SKIPPED = 2.0  # seconds of speech without a word
NO_SPEECH, UNSURE = 0.6, -1.0  # probability of no speech, mean log probability: together, nothing was said
_SHORTEST = 0.02  # seconds: what the alignment gives a word that it found


class WhisperRecogniser:
    """Owns Whisper base."""

    def __init__(self, settings: Settings, device: str = "auto") -> None:
        folder = whisper_folder(settings.model_cache_dir)
        self._whisper = Whisper(folder, device=device, threads=settings.cpu_threads)

    def transcribe(
        self,
        audio: Audio,
        regions: Sequence[Span],
        language: str | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Transcript:
        """regions: speech, sorted, apart. language: a code of Whisper's, or None to find it from the longest windows.

        Words come by start time, inside the regions, each with a confidence of 0-1.
        """
        todo = windows(regions, audio, longest=WINDOW, padding=PADDING)
        total = sum(window.duration for window in todo)
        words: list[Word] = []
        heard = 0.0
        for longest in (*AGAIN, None):
            doubtful: list[Span] = []
            for batch in _batches(todo):
                encoded = self._whisper.encode([window.samples(audio) for window in batch])
                language = language or self._language(encoded, batch)
                decoded = self._whisper.decode(encoded, [window.duration for window in batch], language, BEAM)
                for window, result in zip(batch, decoded, strict=True):
                    found, again = _judge(window, result, last_chance=longest is None)
                    words += found
                    doubtful += again
                heard += sum(window.duration for window in batch)
                if on_progress:
                    on_progress(min(1.0, heard / total))
            if longest is None or not doubtful:
                break
            doubtful.sort(key=lambda span: span.start)
            todo = windows(doubtful, audio, longest=longest, padding=PADDING)
        return Transcript(tuple(sorted(words, key=lambda word: (word.start, word.end))), language)

    def _language(self, encoded: np.ndarray, batch: Sequence[Window]) -> str:
        """The language most probable over a batch of windows, each counted by its length."""
        guesses = self._whisper.languages(encoded)
        weights = [window.duration for window in batch]
        return max(guesses[0], key=lambda code: float(np.dot(weights, [guess.get(code, 0.0) for guess in guesses])))


def _batches(todo: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows of like length together, the longest first: a batch takes as long as its longest text, and the first
    one decides on the language."""
    order = sorted(todo, key=lambda window: -window.duration)
    yield from (order[first : first + BATCH] for first in range(0, len(order), BATCH))


def _judge(window: Window, decoded: Decoded, *, last_chance: bool) -> tuple[list[Word], list[Span]]:
    """The words to keep, and the speech to hear again."""
    if decoded.no_speech > NO_SPEECH and decoded.logprob < UNSURE:
        return [], []
    untimed = sum(word.end - word.start < _SHORTEST for word in decoded.words)
    if decoded.compression > REPEATS or untimed >= UNTIMED:
        return ([], []) if last_chance else ([], list(window.spans))
    words = _timed(window, decoded)
    if last_chance:
        return words, []
    gaps = _skipped(window, words)
    again = [span for gap in gaps for span in _within(window.spans, gap)]
    return [word for word in words if not any(gap.start <= word.start < gap.end for gap in gaps)], again


def _timed(window: Window, decoded: Decoded) -> list[Word]:
    """The words in the recording's time, each kept inside the span of speech that holds most of it."""
    words = []
    for heard in decoded.words:
        start, end = window.interval(heard.start, heard.end)
        span = max(window.spans, key=lambda span: min(end, span.end) - max(start, span.start))
        if min(end, span.end) > max(start, span.start):
            start, end = max(start, span.start), min(end, span.end)
        missing = heard.end - heard.start < _SHORTEST
        words.append(Word(heard.text, start, end, min(1.0, max(0.0, heard.confidence)), interpolated=missing))
    return _in_order(words)


def _in_order(words: Sequence[Word]) -> list[Word]:
    """No word starts before the one before it: the text has an order, whatever the alignment says."""
    ordered: list[Word] = []
    latest = 0.0
    for word in words:
        latest = max(latest, word.start)
        ordered.append(replace(word, start=latest, end=max(latest, word.end)))
    return ordered


def _skipped(window: Window, words: Sequence[Word]) -> list[Span]:
    """Stretches from the start of one word to the next that hold more speech than one word can."""
    starts = [window.pieces[0].start, *(word.start for word in words), window.pieces[-1].end]
    between = [Span(a, b) for a, b in pairwise(starts)]
    return [gap for gap in between if sum(span.duration for span in _within(window.spans, gap)) > SKIPPED]


def _within(spans: Sequence[Span], stretch: Span) -> list[Span]:
    cut = [(max(span.start, stretch.start), min(span.end, stretch.end)) for span in spans]
    return [Span(start, end) for start, end in cut if end - start > 0.1]
