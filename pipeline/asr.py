"""Speech regions -> words with times: Whisper on windows of speech only, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, repeat
from operator import attrgetter
from pathlib import Path

import numpy as np

from errors import InvalidOption
from pipeline.guards import heard
from pipeline.lanes import Lanes
from pipeline.types import Audio, Span, Transcript, Word
from pipeline.whisper import Whisper, frames_for
from pipeline.windows import Window, windows


@dataclass(frozen=True)
class AsrOptions:
    """beam: hypotheses kept by the search; batch: most windows decoded together; padding: s of sound around speech.

    rounds: longest window (s) of each pass. What a pass leaves in doubt or skips goes into the next, in shorter
    windows: another context frees the decoder from a loop or a jump as sampling at a temperature would, and gives
    the same words every time.
    """

    beam: int = 2
    batch: int = 4
    padding: float = 0.2
    rounds: tuple[float, ...] = (30.0, 15.0, 7.5)


class WhisperRecogniser:
    """Owns the model. Calls come one after another, never at once."""

    def __init__(
        self, folder: Path, *, device: str = "auto", lanes: Lanes | None = None, options: AsrOptions | None = None
    ) -> None:
        """folder: of :func:`pipeline.whisper_weights.whisper_folder`."""
        self._lanes = lanes or Lanes()
        self._whisper = Whisper(folder, device=device, lanes=self._lanes)
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
        if not regions:
            return Transcript((), language)
        words: list[Word] = []
        progress = _Progress(regions, on_progress)
        spoken, passages = language, [list(regions)]
        for longest, shorter in pairwise((*self._options.rounds, 0.0)):
            pending = [
                window
                for spans in passages
                for window in windows(spans, audio, longest=longest, padding=self._options.padding)
            ]
            batches = self._batches(pending)
            ready: list[np.ndarray] = []
            if not spoken:
                first = batches[: self._lanes.count]
                ready = list(self._lanes.map(partial(self._encode, audio), first))
                spoken = self._language(first, ready)
            encoded = [*ready, *repeat(None, len(batches) - len(ready))]
            hear = partial(self._hear, audio, spoken, shorter)
            passages = []
            for batch, (written, missed) in zip(batches, self._lanes.map(hear, batches, encoded), strict=True):
                words += written
                passages += missed
                progress.advance(batch, missed)
        found = spoken if words else language
        return Transcript(tuple(sorted(words, key=attrgetter("start", "end"))), found)

    def _batches(self, pending: Sequence[Window]) -> list[Sequence[Window]]:
        """Windows that cost the encoder the same go together; the costly ones come first."""
        frames = {frames_for(window.duration) for window in pending}
        groups = [[w for w in pending if frames_for(w.duration) == cost] for cost in sorted(frames, reverse=True)]
        return [batch for group in groups for batch in spread(group, self._options.batch, self._lanes.count)]

    def _hear(
        self, audio: Audio, language: str, shorter: float, batch: Sequence[Window], encoded: np.ndarray | None
    ) -> tuple[list[Word], list[list[Span]]]:
        """The words of the windows, and the passages to hear again, in windows of ``shorter`` s; 0: never again."""
        encoded = self._encode(audio, batch) if encoded is None else encoded
        decoded = self._whisper.decode(encoded, [window.duration for window in batch], language, self._options.beam)
        words, missed = list[Word](), list[list[Span]]()
        for window, result in zip(batch, decoded, strict=True):
            kept, again = heard(result, window, final=not shorter)
            if again == [list(window.spans)] and window.duration <= shorter:  # the same window, with the same words
                kept, again = heard(result, window, final=True)
            words += kept
            missed += again
        return words, missed

    def _encode(self, audio: Audio, batch: Sequence[Window]) -> np.ndarray:
        return self._whisper.encode([window.samples(audio) for window in batch])

    def _language(self, batches: Sequence[Sequence[Window]], ready: Sequence[np.ndarray]) -> str:
        """The code of most probability over the windows, each weighed by its speech."""
        votes: dict[str, float] = {}
        for batch, encoded in zip(batches, ready, strict=True):
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


def spread(pending: Sequence[Window], most: int, lanes: int = 1) -> list[Sequence[Window]]:
    """Batches of up to ``most`` windows, about as many for each lane. The first one of each lane holds windows from
    all over the recording, since the language is found there."""
    rounds = -(-len(pending) // (most * lanes))
    size = -(-len(pending) // max(1, rounds * lanes))
    sample = range(0, len(pending), max(1, rounds))[: size * lanes]
    order = [*sample, *(index for index in range(len(pending)) if index not in sample)]
    return [[pending[i] for i in order[start : start + size]] for start in range(0, len(order), max(1, size))]
