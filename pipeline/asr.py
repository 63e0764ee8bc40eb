"""Speech regions -> words with times: Whisper on windows of speech only, in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from errors import InvalidOption
from pipeline.guards import heard
from pipeline.lanes import Lanes
from pipeline.recogniser import NO_KEYTERMS, Recogniser, Spoken
from pipeline.types import Span, Transcript, Word
from pipeline.whisper import Whisper, frames_for
from pipeline.windows import Window, windows
from pipeline.word_times import Decoded

SETTLED = 0.5  # s before a window that is still to be heard: heard again in shorter ones, it may begin sooner
BLOCK = 4  # full batches of each lane that are heard to their end before the next ones begin
T = TypeVar("T")


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


class WhisperRecogniser(Recogniser):
    """Owns the model. A short recording is one window, which keeps one lane busy: several recordings keep them all."""

    tells_languages = True

    def __init__(
        self, folder: Path, *, device: str = "auto", lanes: Lanes | None = None, options: AsrOptions | None = None
    ) -> None:
        """folder: of :func:`pipeline.whisper_weights.whisper_folder`."""
        self._lanes = lanes or Lanes()
        self._whisper = Whisper(folder, device=device, lanes=self._lanes)
        self._options = options or AsrOptions()
        self.together = self._lanes.count

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        """As :class:`Recogniser` has it. keyterms: not what this model can prefer, and the result says so."""
        if any(one.language and not self._whisper.knows(one.language) for one in spoken):
            raise InvalidOption("The recogniser does not know this language.", field="language")
        hearings = [_Hearing(one) for one in spoken]
        windows = self._cut(hearings, self._options.rounds[0])
        self._find_languages(windows)
        windows = [(hearing, window) for hearing, window in windows if not hearing.spoken.only_language]
        size = BLOCK * self._options.batch * self._lanes.count
        for first in range(0, len(windows), size):
            self._hear_block(windows[first : first + size])
            for hearing, following in dict(reversed(windows[first + size :])).items():
                hearing.tell(following)
        return [hearing.transcript() for hearing in hearings]

    def _cut(self, hearings: Iterable[_Hearing], longest: float) -> list[_Piece]:
        return [(hearing, w) for hearing in hearings for w in hearing.cut(longest, self._options.padding)]

    def _hear_block(self, pieces: list[_Piece]) -> None:
        """In every round, so that the beginning of a long recording is settled long before its end."""
        hearings = dict.fromkeys(hearing for hearing, _ in pieces)
        for number, longest in enumerate(self._options.rounds):
            pieces = self._cut(hearings, longest) if number else pieces
            batches = in_batches(pieces, _kind, self._options.batch, self._lanes.count)
            for batch, judged in zip(batches, self._lanes.map(partial(self._hear, longest), batches), strict=True):
                for (hearing, window), (written, missed) in zip(batch, judged, strict=True):
                    hearing.keep(window, written, missed)

    def _find_languages(self, pieces: Sequence[_Piece]) -> None:
        """The one language of each recording whose language is not known: the code of most probability over some of
        its windows, each weighed by its speech."""
        unknown = list(dict.fromkeys(hearing for hearing, _ in pieces if not hearing.language))
        voters = [
            (hearing, window)
            for hearing in unknown
            for window in _some([w for other, w in pieces if other is hearing], self._options.votes)
        ]
        for (hearing, window), encoded in zip(voters, self._lanes.map(self._encode, voters), strict=True):
            hearing.encoded[window] = encoded
        for hearing in unknown:
            hearing.language, hearing.confidence = self._elected(hearing)

    def _elected(self, hearing: _Hearing) -> tuple[str, float]:
        """And the share that it has of the votes."""
        votes: dict[str, float] = {}
        for window, encoded in hearing.encoded.items():
            for code, probability in self._whisper.languages(encoded[None])[0].items():
                votes[code] = votes.get(code, 0.0) + probability * window.speech
        first = max(votes, key=lambda code: votes[code])
        return first, votes[first] / sum(votes.values())

    def _encode(self, piece: _Piece) -> np.ndarray:
        hearing, window = piece
        hearing.sign()
        return self._whisper.encode([window.samples(hearing.spoken.audio)])[0]

    def _hear(self, longest: float, batch: Sequence[_Piece]) -> list[tuple[list[Word], list[list[Span]]]]:
        """The words of each window, and its passages to hear again."""
        features = self._features(batch)
        durations = [window.duration for _, window in batch]
        decoded = self._whisper.decode(features, durations, batch[0][0].language, self._options.beam)
        return [self._judged(result, window, longest) for (_, window), result in zip(batch, decoded, strict=True)]

    def _features(self, batch: Sequence[_Piece]) -> np.ndarray:
        """Each hearing gives a sign before and after: decoding a batch takes seconds."""
        hearings = dict.fromkeys(hearing for hearing, _ in batch)
        for hearing in hearings:
            hearing.sign()
        new = [(hearing, window) for hearing, window in batch if window not in hearing.encoded]
        fresh = iter(self._whisper.encode([window.samples(hearing.spoken.audio) for hearing, window in new]))
        features = np.stack([h.encoded[w] if w in h.encoded else next(fresh) for h, w in batch])
        for hearing in hearings:
            hearing.sign()
        return features

    def _judged(self, result: Decoded, window: Window, longest: float) -> tuple[list[Word], list[list[Span]]]:
        shortest = self._options.rounds[-1]
        kept, again = heard(result, window, final=longest == shortest)
        if again == [list(window.spans)] and window.duration <= shortest:  # no round would cut it any finer
            return heard(result, window, final=True)
        return kept, again


@dataclass(eq=False)
class _Hearing:
    """One recording while it is heard. passages: what is still to be heard; encoded: windows that voted on its
    language, as the decoder takes them; confidence: of that language, where it was found."""

    spoken: Spoken
    passages: list[list[Span]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    encoded: dict[Window, np.ndarray] = field(default_factory=dict)
    done: float = 0.0
    confidence: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.language = self.spoken.language or ""
        self.passages += [list(self.spoken.regions)] if self.spoken.regions else []

    def cut(self, longest: float, padding: float) -> list[Window]:
        """The windows of every passage; they are to be :meth:`kept <keep>` before the next cut."""
        audio, passages = self.spoken.audio, self.passages
        self.passages = []
        return [w for spans in passages for w in windows(spans, audio, longest=longest, padding=padding)]

    def keep(self, window: Window, words: Sequence[Word], missed: Sequence[list[Span]]) -> None:
        self.words += words
        self.passages += missed
        with self.lock:
            self.done += window.speech - sum(span.duration for spans in missed for span in spans)
        self.sign()

    def sign(self) -> None:
        """That the work goes on, from whatever lane: it may be answered with an exception, since nobody wants it."""
        with self.lock:
            if self.spoken.on_progress:
                self.spoken.on_progress(min(1.0, self.done / sum(region.duration for region in self.spoken.regions)))

    def tell(self, following: Window) -> None:
        """The words before the first window that is still to be heard."""
        if self.spoken.on_words and self.words:
            until = following.pieces[0].start - SETTLED
            before = (word for word in self.words if word.start < until)
            self.spoken.on_words(sorted(before, key=attrgetter("start", "end")), self.language)

    def transcript(self) -> Transcript:
        words = tuple(sorted(self.words, key=attrgetter("start", "end")))
        warnings = (f"{NO_KEYTERMS} with this recogniser.",) if self.spoken.keyterms else ()
        if not (words or self.spoken.only_language):
            return Transcript(words, self.spoken.language, warnings)
        return Transcript(words, self.language or None, warnings, self.confidence)


_Piece = tuple[_Hearing, Window]


def _kind(piece: _Piece) -> tuple[int, str]:
    """What windows must share to go together: what they cost the encoder, and the language."""
    hearing, window = piece
    return frames_for(window.duration), hearing.language


def _some(windows: Sequence[Window], most: int) -> Sequence[Window]:
    """Up to ``most`` windows, from all over the recording."""
    return windows[:: -(-len(windows) // most)]


def in_batches(pending: Sequence[T], kind: Callable[[T], Any], most: int, lanes: int = 1) -> list[Sequence[T]]:
    """Batches of up to ``most`` of one kind, as many for each lane and about equally full; the greatest kind first."""
    kinds = {kind(one) for one in pending}
    groups = [[one for one in pending if kind(one) == own] for own in sorted(kinds, reverse=True)]
    return [batch for group in groups for batch in _even(group, -(-len(group) // (most * lanes)) * lanes)]


def _even(group: Sequence[T], parts: int) -> list[Sequence[T]]:
    """``group`` in order, in so many parts whose sizes differ by one at most; fewer where it is smaller."""
    parts = min(parts, len(group))
    return [group[len(group) * i // parts : len(group) * (i + 1) // parts] for i in range(parts)]
