"""Speech regions -> words with times: NVIDIA's CTC, RNN-T, TDT and hybrid models on chunks of speech, in batches."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from errors import InvalidOption, ModelError
from pipeline.batches import batch_sizes
from pipeline.chunks import Chunk, chunks
from pipeline.lanes import Lanes
from pipeline.nemo_checkpoints import restore
from pipeline.nemo_decoding import Decoder, fastest
from pipeline.nemo_words import Stamped, in_order, placed
from pipeline.parameters import AsrParameters
from pipeline.recogniser import NO_KEYTERMS, Recogniser, Spoken
from pipeline.seams import joined
from pipeline.types import SAMPLE_RATE, Transcript

log = logging.getLogger(__name__)

KINDS = (
    "EncDecCTCModelBPE",
    "EncDecRNNTBPEModel",
    "EncDecHybridRNNTCTCBPEModel",
    "EncDecCTCModel",
    "EncDecRNNTModel",
    "EncDecHybridRNNTCTCModel",
)

SMALLER = "The GPU's memory was too small for batch_seconds of the profile: smaller batches were used."
TOO_LONG = "The GPU's memory is too small for the recogniser: lower chunk_seconds in the profile."

# Seconds of audio at once in a network on a CPU: more takes memory and gains nothing (docs/performance.md).
CPU_SECONDS = 60.0

# Short recordings that are worth hearing at once: docs/performance.md for the CPU; a GPU is far from full with them.
TOGETHER = {"cpu": 8, "cuda": 16}

BLOCK = 4  # full batches of each lane that are heard before the next ones begin
SETTLED = 1.0  # s before a chunk that is still to be heard: what lies nearer can change at the seam

_Piece = tuple["_Hearing", Chunk]


def sized(parameters: AsrParameters, device: str) -> AsrParameters:
    """With no more ``batch_seconds`` than the device gains from."""
    if device != "cpu":
        return parameters
    return replace(parameters, batch_seconds=min(parameters.batch_seconds, CPU_SECONDS))


def load_asr(path: Path, device: str = "cpu", model_path: str = "") -> Any:
    """The ASR model of a ``.nemo`` file, in eval mode. Raises ModelError for one that this stage cannot use."""
    return restore(path, KINDS, "asr", device, model_path)


class NemoRecogniser(Recogniser):
    """Owns the model. Chunks of several recordings share a batch: one chunk alone leaves most of a GPU idle."""

    def __init__(
        self,
        model: Any,
        parameters: AsrParameters,
        device: str = "cpu",
        languages: Sequence[str] = (),
        *,
        lanes: Lanes | None = None,
        precision: str = "fast",
    ) -> None:
        """languages: what the model writes (:func:`pipeline.asr_languages.languages_of`); where it is not known,
        whatever a caller asks for is believed. precision: "exact", in fp32 as NeMo's ``transcribe()``, or "fast"."""
        self._decoder = Decoder(model, device, torch.float32 if precision == "exact" else fastest(device))
        self._parameters, self._languages, self._lanes = parameters, tuple(languages), lanes or Lanes()
        self.together = TOGETHER["cpu" if device == "cpu" else "cuda"]
        self._try()

    def _try(self) -> None:
        """The longest chunk, once: after it lanes can share the model (see :class:`Decoder`), and a GPU that is too
        small, or a model that cannot run, is found at the start. Raises ModelError."""
        longest = np.zeros(round(self._parameters.chunk_seconds * SAMPLE_RATE), np.float32)
        try:
            with self._lanes.as_one():
                self._decoder([longest])
        except torch.cuda.OutOfMemoryError as error:
            raise ModelError(TOO_LONG) from error
        except Exception as error:  # whatever a network of another make raises
            log.error("The recogniser failed on its longest chunk: %s", error, exc_info=error)
            seconds = f"{self._parameters.chunk_seconds:g} s"
            sentence = f"The recogniser fails on the longest chunk of the profile, {seconds} ({type(error).__name__})"
            raise ModelError(f"{sentence}; the log has the cause.") from error

    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        """As :class:`Recogniser` has it. A language only confirms: the models find it by themselves, and only a model
        of one language can tell it. Raises ModelError where the GPU is too small for a single chunk."""
        hearings = [self._hearing(one) for one in spoken]
        for phrases in dict.fromkeys(hearing.phrases for hearing in hearings):
            pieces = [(hearing, c) for hearing in hearings if hearing.phrases == phrases for c in hearing.pending]
            for block in _blocks(pieces, BLOCK * self._parameters.batch_seconds * self._lanes.count):
                self._hear(block)
                for hearing in dict.fromkeys(hearing for hearing, _ in block):
                    hearing.tell(self._languages)
        return [hearing.transcript(self._languages) for hearing in hearings]

    def _hearing(self, spoken: Spoken) -> _Hearing:
        if spoken.language and self._languages and spoken.language not in self._languages:
            known = ", ".join(self._languages)
            raise InvalidOption(f"The recogniser does not know this language; it knows {known}.", field="language")
        phrases, warnings = self._phrases(spoken.keyterms)
        longest, overlap = self._parameters.chunk_seconds, self._parameters.overlap_seconds
        cut = chunks(spoken.regions, spoken.audio, longest=longest, overlap=overlap)
        hearing = _Hearing(spoken, phrases, warnings=warnings)
        # Models write words into sound that is nothing but zeros.
        hearing.pending += [chunk for chunk in cut if hearing.sound(chunk).any()]
        return hearing

    def _phrases(self, keyterms: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
        """Those that the model can prefer, and a warning where it can none."""
        phrases = tuple(term.strip() for term in keyterms if term.strip())
        if phrases and not self._decoder.can_boost:
            return (), [f"{NO_KEYTERMS}: the recogniser writes letter by letter."]
        return phrases, []

    def _hear(self, pieces: Iterable[_Piece]) -> None:
        """Longest first, so that a batch is mostly sound and little padding. Where the GPU's memory is too small the
        batch is halved, and so are those that follow; the results get to know."""
        left, seconds = sorted(pieces, key=lambda piece: -piece[1].span.duration), self._parameters.batch_seconds
        while left:
            batches = _batches(left, seconds, self._lanes.count)
            for batch, words in zip(batches, self._heard(batches), strict=False):
                if words is None:
                    seconds = len(batch) // 2 * batch[0][1].span.duration
                    break
                for (hearing, chunk), row in zip(batch, words, strict=True):
                    hearing.keep(chunk, row)
                left = left[len(batch) :]

    def _heard(self, batches: Sequence[Sequence[_Piece]]) -> Iterator[list[list[Stamped]] | None]:
        """What is :meth:`written <_written>` in each, as soon as it is."""
        if len(batches) > 1:
            yield from self._lanes.map(self._written, batches)
            return
        with self._lanes.as_one():
            only = self._written(batches[0])
        yield only

    def _written(self, batch: Sequence[_Piece]) -> list[list[Stamped]] | None:
        """The words of each piece, in s of it; None where the batch is too large for the GPU's memory."""
        try:
            return self._decoder([hearing.sound(chunk) for hearing, chunk in batch], batch[0][0].phrases)
        except torch.cuda.OutOfMemoryError as error:
            if len(batch) == 1:
                raise ModelError(TOO_LONG) from error
        # Outside the handler, whose traceback would keep the tensors in memory.
        torch.cuda.empty_cache()
        for hearing, _ in batch:
            hearing.warn(SMALLER)
        return None


def _blocks(pieces: Sequence[_Piece], seconds: float) -> Iterator[Sequence[_Piece]]:
    """In order, each of at most so many seconds or one piece: the beginning of a long recording is settled long before
    its end, and each block has enough for batches that are mostly sound."""
    first, total = 0, 0.0
    for index, (_, chunk) in enumerate(pieces):
        total += chunk.span.duration
        if total > seconds and index > first:
            yield pieces[first:index]
            first, total = index, chunk.span.duration
    if pieces:
        yield pieces[first:]


def _batches(pieces: Sequence[_Piece], seconds: float, lanes: int) -> list[Sequence[_Piece]]:
    """pieces: longest first."""
    sizes = batch_sizes([chunk.span.duration for _, chunk in pieces], seconds, lanes)
    return [pieces[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


@dataclass(eq=False)
class _Hearing:
    """One recording while its chunks are heard. heard: their words, in s of the recording."""

    spoken: Spoken
    phrases: tuple[str, ...] = ()
    pending: list[Chunk] = field(default_factory=list)
    heard: dict[Chunk, list[Stamped]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def sound(self, chunk: Chunk) -> np.ndarray:
        return self.spoken.audio.cut(chunk.span.start, chunk.span.end)

    def keep(self, chunk: Chunk, words: Sequence[Stamped]) -> None:
        self.heard[chunk] = [word.moved(chunk.span.start) for word in words]
        if self.spoken.on_progress:
            self.spoken.on_progress(_seconds(self.heard) / _seconds(self.pending))

    def tell(self, languages: Sequence[str]) -> None:
        """The words that a chunk which is still to be heard cannot change."""
        left = next((chunk for chunk in self.pending if chunk not in self.heard), None)
        if left is None or self.spoken.on_words is None:
            return
        transcript = self.transcript(languages, self.pending[: self.pending.index(left)])
        settled = left.span.start - SETTLED
        words = takewhile(lambda word: word.end <= settled, transcript.words)
        self.spoken.on_words([*words], transcript.language)

    def warn(self, warning: str) -> None:
        self.warnings += [warning] if warning not in self.warnings else []

    def transcript(self, languages: Sequence[str], chunks: Sequence[Chunk] | None = None) -> Transcript:
        """chunks: the first of all, where not all are meant."""
        kept = joined(self.heard, self.pending if chunks is None else chunks)
        words = in_order(placed(word, chunk.regions) for chunk, row in kept for word in row)
        only = languages[0] if words and len(languages) == 1 else None
        return Transcript(tuple(words), self.spoken.language or only, tuple(self.warnings))


def _seconds(some: Iterable[Chunk]) -> float:
    return sum(chunk.span.duration for chunk in some)
