"""Whisper, as faster-whisper and CTranslate2 run it: windows of sound in, aligned words in window time out.

The only file that imports faster-whisper. Its own transcribe() decodes one window after another; its batched
pipeline holds the features of the whole file, encodes whole batches (1 GB of attention for 8 windows), detects the
language in the first 30 s and falls back on nothing. So the pieces below it are used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, merge_punctuations

from pipeline.lanes import Lanes
from pipeline.languages import UNSPACED, is_latin
from pipeline.types import SAMPLE_RATE
from pipeline.word_times import AlignedWord, Decoded

# Mel frames the encoder is given, the sound and then silence. It was trained on 30 s and costs the same whatever they
# hold; with half of that, at least half must stay silent, or the decoder begins to repeat itself.
_FULL, _HALF = 3000, 1500
_FRAMES_PER_SECOND = 100
_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # marks that belong to the next, the previous word


class Whisper:
    """One loaded model: int8 on the CPU, float16 on CUDA. Each lane may call it at the same time as the others."""

    def __init__(self, folder: Path, *, device: str = "auto", lanes: Lanes) -> None:
        """Works without network."""
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        device, _, index = device.partition(":")
        self._model = WhisperModel(
            str(folder),
            device=device,
            device_index=int(index or 0),
            compute_type="float16" if device == "cuda" else "int8",
            cpu_threads=lanes.threads,
            num_workers=lanes.count,
        )
        self._on_cpu = device == "cpu"

    def encode(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """float32 samples of up to 30 s each -> (n, frames_for(the longest) / 2, width). One after another on the
        CPU: as fast, and its attention maps take 70 MB instead of that n times."""
        if not sounds:
            return np.empty((0, 0, 0), np.float32)
        frames = frames_for(max(map(len, sounds)) / SAMPLE_RATE)
        features = np.stack([self._features(sound, frames) for sound in sounds])
        batches = np.split(features, len(features)) if self._on_cpu else [features]
        encode = self._model.model.encode
        return np.concatenate(
            [np.asarray(encode(ctranslate2.StorageView.from_array(batch), to_cpu=True)) for batch in batches]
        )

    def _features(self, sound: np.ndarray, frames: int) -> np.ndarray:
        mel = self._model.feature_extractor(sound)[:, :frames]
        return np.pad(mel, ((0, 0), (0, frames - mel.shape[1]))).astype(np.float32)

    def knows(self, language: str) -> bool:
        return self._model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None

    def languages(self, encoded: np.ndarray) -> list[dict[str, float]]:
        """For each window the probability of each language code."""
        found = self._model.model.detect_language(ctranslate2.StorageView.from_array(encoded))
        return [{token[2:-2]: probability for token, probability in window} for window in found]

    def decode(self, encoded: np.ndarray, durations: Sequence[float], language: str, beam: int) -> list[Decoded]:
        """Words of each window by beam search without timestamp tokens, timed by cross-attention (DTW)."""
        tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual=True, task="transcribe", language=language)
        features = ctranslate2.StorageView.from_array(encoded)
        results = self._model.model.generate(
            features,
            [[*tokenizer.sot_sequence, tokenizer.no_timestamps]] * len(durations),
            beam_size=beam,
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        frames = [max(2, round(duration * _FRAMES_PER_SECOND)) for duration in durations]
        # Takes a batch too, whatever its annotations say: one list of words comes back for each window.
        find_alignment: Any = self._model.find_alignment
        aligned: list[list[dict]] = find_alignment(tokenizer, tokens, features, frames)
        return [
            Decoded(
                words=_words(alignment, spaced=language not in UNSPACED),
                logprob=result.scores[0] * len(ids) / (len(ids) + 1),
                no_speech=result.no_speech_prob,
                compression=get_compression_ratio(tokenizer.decode(ids)) if ids else 0.0,
            )
            for result, ids, alignment in zip(results, tokens, aligned, strict=True)
        ]


def frames_for(seconds: float) -> int:
    """Mel frames that the encoder needs for sounds of at most so many seconds."""
    return _HALF if 2 * seconds * _FRAMES_PER_SECOND <= _HALF else _FULL


def _words(alignment: list[dict], spaced: bool) -> tuple[AlignedWord, ...]:
    """Where words are written apart, and in the Latin words of other scripts, a part without a leading space
    ("12" + ",000", "Open" + "AI") belongs to the word before it."""
    merge_punctuations(alignment, _OPENING, _CLOSING)
    words: list[AlignedWord] = []
    for part in (part for part in alignment if part["word"].strip()):
        text, start, end, confidence = (part[key] for key in ("word", "start", "end", "probability"))
        if words and not text.startswith(" ") and (spaced or (is_latin(words[-1].text[-1]) and is_latin(text[0]))):
            last = words[-1]
            words[-1] = AlignedWord(last.text + text.strip(), last.start, float(end), min(last.confidence, confidence))
        else:
            words.append(AlignedWord(text.strip(), float(start), float(end), float(confidence)))
    return tuple(words)
