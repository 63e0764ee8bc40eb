"""Speech regions -> words with times: Whisper on windows of speech only, in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
    """beam: hypotheses kept by the search; batch: most windows decoded together; padding: s of sound around speech;
    votes: windows, from all over the recording, that tell its language.

    rounds: longest window (s) of each pass. What a pass leaves in doubt or skips goes into the next, in shorter
    windows: another context frees the decoder from a loop or a jump as sampling at a temperature would, and gives
    the same words every time.
    """

    beam: int = 2
    batch: int = 4
    padding: float = 0.2
    votes: int = 8
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
        keyterms: Sequence[str] = (),
    ) -> Transcript:
        """The words said in ``regions`` (s; sorted, apart); none, and no language but a given one, without speech.

        language: a code of Whisper, or None to find the one language of the recording. on_progress gets the share of
        the speech that is done, rising to 1. keyterms: not what this model can prefer, and the result says so. Raises
        InvalidOption for a language the model does not know.
        """
        if language and not self._whisper.knows(language):
            raise InvalidOption("The recogniser does not know this language.", field="language")
        if not regions:
            return Transcript((), language)
        words: list[Word] = []
        progress = _Progress(regions, on_progress)
        passages = [list(regions)]
        spoken, encoded = language or "", dict[Window, np.ndarray]()
        for longest in self._options.rounds:
            pending = [
                window
                for spans in passages
                for window in windows(spans, audio, longest=longest, padding=self._options.padding)
            ]
            if not pending:  # regions of less than a sample
                break
            if not spoken:
                spoken, encoded = self._language(audio, pending)
            batches = in_batches(pending, self._options.batch, self._lanes.count)
            hear = partial(self._hear, audio, spoken, longest, encoded)
            passages = []
            for batch, (written, missed) in zip(batches, self._lanes.map(hear, batches), strict=True):
                words += written
                passages += missed
                progress.advance(batch, missed)
        found = spoken if words else language
        warnings = ("keyterms have no effect with this recogniser.",) if keyterms else ()
        return Transcript(tuple(sorted(words, key=attrgetter("start", "end"))), found, warnings)

    def _language(self, audio: Audio, pending: Sequence[Window]) -> tuple[str, dict[Window, np.ndarray]]:
        """The code of most probability over some windows, each weighed by its speech; and those windows, encoded."""
        voters = pending[:: -(-len(pending) // self._options.votes)]
        encoded = dict(zip(voters, self._lanes.map(partial(self._encode, audio), voters), strict=True))
        votes: dict[str, float] = {}
        for window in voters:
            for code, probability in self._whisper.languages(encoded[window][None])[0].items():
                votes[code] = votes.get(code, 0.0) + probability * window.speech
        return max(votes, key=lambda code: votes[code]), encoded

    def _encode(self, audio: Audio, window: Window) -> np.ndarray:
        return self._whisper.encode([window.samples(audio)])[0]

    def _hear(
        self, audio: Audio, language: str, longest: float, encoded: Mapping[Window, np.ndarray], batch: Sequence[Window]
    ) -> tuple[list[Word], list[list[Span]]]:
        """The words of the windows, and the passages to hear again; ``encoded``: the windows that are already."""
        new = [window for window in batch if window not in encoded]
        known = {**encoded, **dict(zip(new, self._whisper.encode([w.samples(audio) for w in new]), strict=True))}
        features = np.stack([known[window] for window in batch])
        decoded = self._whisper.decode(features, [window.duration for window in batch], language, self._options.beam)
        shortest = self._options.rounds[-1]
        words, missed = list[Word](), list[list[Span]]()
        for window, result in zip(batch, decoded, strict=True):
            kept, again = heard(result, window, final=longest == shortest)
            if again == [list(window.spans)] and window.duration <= shortest:  # no round would cut it any finer
                kept, again = heard(result, window, final=True)
            words += kept
            missed += again
        return words, missed


class _Progress:
    """The share of the speech that needs no more hearing."""

    def __init__(self, regions: Sequence[Span], report: Callable[[float], None] | None) -> None:
        self._total, self._done = sum(region.duration for region in regions), 0.0
        self._report = report or (lambda _: None)

    def advance(self, batch: Sequence[Window], missed: Sequence[Sequence[Span]]) -> None:
        again = sum(span.duration for spans in missed for span in spans)
        self._done += sum(window.speech for window in batch) - again
        self._report(min(1.0, self._done / self._total))


def in_batches(pending: Sequence[Window], most: int, lanes: int = 1) -> list[Sequence[Window]]:
    """Batches of up to ``most`` windows, as many for each lane and about equally full. Windows that cost the encoder
    the same go together; the costly ones come first."""
    costs = {frames_for(window.duration) for window in pending}
    groups = [[w for w in pending if frames_for(w.duration) == cost] for cost in sorted(costs, reverse=True)]
    return [batch for group in groups for batch in _even(group, -(-len(group) // (most * lanes)) * lanes)]


def _even(group: Sequence[Window], parts: int) -> list[Sequence[Window]]:
    """``group`` in order, in so many parts whose sizes differ by one at most; fewer where it is smaller."""
    parts = min(parts, len(group))
    return [group[len(group) * i // parts : len(group) * (i + 1) // parts] for i in range(parts)]
