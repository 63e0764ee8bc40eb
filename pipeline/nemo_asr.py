"""Speech regions -> words with times: NVIDIA's CTC, RNN-T, TDT and hybrid models on chunks of speech, in batches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from errors import InvalidOption, ModelError
from pipeline.chunks import Chunk, chunks, longest_first, next_batch
from pipeline.nemo_checkpoints import restore
from pipeline.nemo_decoding import Decoder
from pipeline.nemo_words import Stamped, in_order, placed
from pipeline.parameters import AsrParameters
from pipeline.seams import joined
from pipeline.types import Audio, Span, Transcript

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


def load_asr(path: Path, device: str = "cpu") -> Any:
    """The ASR model of a ``.nemo`` file, in eval mode. Raises ModelError for one that this stage cannot use."""
    return restore(path, KINDS, "asr", device)


class NemoRecogniser:
    """Owns the model. Calls come one after another, never at once."""

    def __init__(
        self, model: Any, parameters: AsrParameters, device: str = "cpu", languages: Sequence[str] = ()
    ) -> None:
        """languages: what the model writes (:func:`pipeline.asr_languages.languages_of`); where it is not known,
        whatever a caller asks for is believed."""
        self._decoder = Decoder(model, device)
        self._parameters, self._languages = parameters, tuple(languages)

    def transcribe(
        self,
        audio: Audio,
        regions: Sequence[Span],
        language: str | None = None,
        on_progress: Callable[[float], None] | None = None,
        keyterms: Sequence[str] = (),
    ) -> Transcript:
        """The words said in ``regions`` (s; sorted, apart); none, and no language but a given one, without speech.

        language: what is spoken, where the caller knows; the models find it by themselves and only a model of one
        language can tell it. on_progress gets the share of the speech that is done, rising to 1. keyterms: phrases
        to prefer among what sounds alike. Raises InvalidOption for a language the model does not know, ModelError
        where the GPU is too small for a single chunk.
        """
        if language and self._languages and language not in self._languages:
            known = ", ".join(self._languages)
            raise InvalidOption(f"The recogniser does not know this language; it knows {known}.", field="language")
        boosted, warnings = self._keyterms(keyterms)
        longest, overlap = self._parameters.chunk_seconds, self._parameters.overlap_seconds
        cut = chunks(regions, audio, longest=longest, overlap=overlap)
        # Models write words into sound that is nothing but zeros.
        pending = [chunk for chunk in cut if audio.cut(chunk.span.start, chunk.span.end).any()]
        heard = dict[Chunk, list[Stamped]]()
        for batch, words in self._heard(audio, pending, boosted, warnings):
            heard.update(zip(batch, words, strict=True))
            _report(on_progress, heard, pending)
        found = in_order(placed(word, chunk.regions) for chunk, kept in joined(heard, pending) for word in kept)
        spoken = language or (self._languages[0] if found and len(self._languages) == 1 else None)
        return Transcript(tuple(found), spoken, tuple(warnings))

    def _heard(
        self, audio: Audio, pending: Sequence[Chunk], keyterms: Sequence[str], warnings: list[str]
    ) -> Iterator[tuple[Sequence[Chunk], list[list[Stamped]]]]:
        """Batch by batch the chunks and the words of each, in s of the recording. Where the GPU's memory is too small
        the batch is halved, and so are those that follow; ``warnings`` gets to know."""
        left, seconds = longest_first(pending), self._parameters.batch_seconds
        while left:
            batch = next_batch(left, seconds)
            try:
                words = self._decoder([audio.cut(c.span.start, c.span.end) for c in batch], keyterms)
            except torch.cuda.OutOfMemoryError as error:
                if len(batch) == 1:
                    raise ModelError(TOO_LONG) from error
                words, seconds = None, len(batch) // 2 * batch[0].span.duration
            if words is None:  # outside the handler, whose traceback would keep the tensors in memory
                torch.cuda.empty_cache()
                warnings += [SMALLER] if SMALLER not in warnings else []
                continue
            yield batch, [[word.moved(c.span.start) for word in row] for c, row in zip(batch, words, strict=True)]
            left = left[len(batch) :]

    def _keyterms(self, keyterms: Sequence[str]) -> tuple[list[str], list[str]]:
        """The phrases that the model can prefer, and a warning where it can none."""
        phrases = [term.strip() for term in keyterms if term.strip()]
        if phrases and not self._decoder.can_boost:
            return [], ["keyterms have no effect: the recogniser writes letter by letter."]
        return phrases, []


def _report(report: Callable[[float], None] | None, heard: Collection[Chunk], pending: Sequence[Chunk]) -> None:
    if report:
        report(sum(chunk.span.duration for chunk in heard) / sum(chunk.span.duration for chunk in pending))
