"""Speech regions -> words with times: Whisper on windows of speech only, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np

from errors import InvalidOption
from pipeline.guards import heard
from pipeline.types import Audio, Span, Transcript, Word
from pipeline.whisper import Whisper
from pipeline.windows import Window, windows


@dataclass(frozen=True)
class AsrOptions:
    """beam: hypotheses kept by the search; batch: windows decoded together; padding: s of sound kept around speech.

    rounds: longest window (s) of each pass. What a pass leaves in doubt or skips goes into the next, in shorter
    windows: another context frees the decoder from a loop or a jump as sampling at a temperature would, and gives
    the same words every time.
    """

    beam: int = 2
    batch: int = 8
    padding: float = 0.2
    rounds: tuple[float, ...] = (30.0, 15.0, 7.5)


class WhisperRecogniser:
    """Owns the model. Calls come one after another, never at once."""

    def __init__(
        self, folder: Path, *, device: str = "auto", threads: int = 0, options: AsrOptions | None = None
    ) -> None:
        """folder: of :func:`pipeline.whisper_weights.whisper_folder`; threads: of the CPU, 0 for one per core."""
        self._whisper = Whisper(folder, device=device, threads=threads)
        self._options = options or AsrOptions()

    def transcribe(
        self,
        audio: Audio,
        regions: Sequence[Span],
        language: str | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Transcript:
        """The words said in ``regions`` (s; sorted, apart); none, and no language but a given one, without speech.

        language: a code of Whisper, or None to find the one language of the recording. on_progress gets the share of
        the speech that is done, rising to 1. Raises InvalidOption for a language the model does not know.
        """
        if language and not self._whisper.knows(language):
            raise InvalidOption("The recogniser does not know this language.", field="language")
        words: list[Word] = []
        progress = _Progress(regions, on_progress)
        spoken, passages = language, [list(regions)]
        for longest in self._options.rounds:
            pending = [
                window
                for spans in passages
                for window in windows(spans, audio, longest=longest, padding=self._options.padding)
            ]
            passages = []
            for batch in spread(pending, self._options.batch):
                encoded = self._whisper.encode([window.samples(audio) for window in batch])
                spoken = spoken or self._language(batch, encoded)
                written, missed = self._decode(batch, encoded, spoken, final=longest == self._options.rounds[-1])
                words += written
                passages += missed
                progress.advance(batch, missed)
        found = spoken if words else language
        return Transcript(tuple(sorted(words, key=attrgetter("start", "end"))), found)

    def _decode(
        self, batch: Sequence[Window], encoded: np.ndarray, language: str, *, final: bool
    ) -> tuple[list[Word], list[list[Span]]]:
        """The words of the windows, and the passages to hear again."""
        decoded = self._whisper.decode(encoded, [window.duration for window in batch], language, self._options.beam)
        words, missed = list[Word](), list[list[Span]]()
        for window, result in zip(batch, decoded, strict=True):
            kept, again = heard(result, window, final=final)
            words += kept
            missed += again
        return words, missed

    def _language(self, batch: Sequence[Window], encoded: np.ndarray) -> str:
        """The code of most probability over the windows, each weighed by its speech."""
        votes: dict[str, float] = {}
        for window, probabilities in zip(batch, self._whisper.languages(encoded), strict=True):
            for code, probability in probabilities.items():
                votes[code] = votes.get(code, 0.0) + probability * window.speech
        return max(votes, key=lambda code: votes[code])


class _Progress:
    """The share of the speech that needs no more hearing."""

    def __init__(self, regions: Sequence[Span], report: Callable[[float], None] | None) -> None:
        self._total, self._done = sum(region.duration for region in regions), 0.0
        self._report = report or (lambda _: None)

    def advance(self, batch: Sequence[Window], missed: Sequence[Sequence[Span]]) -> None:
        again = sum(span.duration for spans in missed for span in spans)
        self._done += sum(window.speech for window in batch) - again
        self._report(min(1.0, self._done / self._total))


def spread(pending: Sequence[Window], size: int) -> Iterator[Sequence[Window]]:
    """Batches; the first takes windows from all over the recording, since the language is found there."""
    step = max(1, len(pending) // size)
    order = [*pending[::step][:size], *(w for i, w in enumerate(pending) if i % step or i // step >= size)]
    for start in range(0, len(order), size):
        yield order[start : start + size]
