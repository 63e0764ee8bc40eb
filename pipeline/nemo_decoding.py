"""Sounds -> words through NeMo's own networks and decoders, in memory: CTC, RNN-T, TDT, and hybrids of them.

``transcribe()`` writes a manifest or builds a loader, changes the model on every call and shifts the words of clips
under a second. Here its parts are used directly: the front end set once as ``transcribe`` sets it, ``forward``, and
the model's greedy batched decoding, built once with times and confidences.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from copy import deepcopy
from threading import Lock
from typing import Any

import numpy as np
import torch

from pipeline.nemo_words import Stamped, stamped
from pipeline.types import SAMPLE_RATE

SHORTEST = SAMPLE_RATE  # samples: NeMo centres shorter sounds in this much silence
# Weight of the boosted phrases beside what was heard: NVIDIA's own for CTC, but half of it for transducers, which at
# more write the first token of a phrase in place of words that are heard well.
BOOST, BOOST_TRANSDUCER = 1.0, 0.5
_PHRASES = {"context_score": 1.0, "depth_scaling": 2.0}  # NeMo's own for CTC, RNN-T and TDT


def fastest(device: str) -> torch.dtype:
    """What networks are fastest in: bf16 on CUDA and on CPUs with units for products of it (AMX), else fp32."""
    halves = device != "cpu" or torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.bfloat16 if halves else torch.float32


class Decoder:
    """Owns an ASR model of NeMo's. All but the encoder is in fp32. Several threads may call it at once with sounds
    that are no longer than one it has heard: NeMo's layers keep tables as long as that, and make longer ones."""

    def __init__(self, model: Any, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        """dtype: what the encoder computes in."""
        self._model, self._device, self._dtype, self._lock = model, torch.device(device), dtype, Lock()
        self._ctc = not hasattr(model, "joint")
        front = model.preprocessor
        front.featurizer.dither, front.featurizer.pad_to = 0.0, 0
        self._frame = float(model.cfg.preprocessor.window_stride) * int(model.encoder.subsampling_factor)
        self._config = deepcopy(model.cfg.decoding)
        self._plain = self._decoding(())
        self._boosted: tuple[tuple[str, ...], Any] = ((), self._plain)

    @property
    def can_boost(self) -> bool:
        """Whether the model writes in subwords, which NeMo's boosting tree is built from."""
        return hasattr(self._model, "tokenizer")

    @torch.inference_mode()
    def __call__(self, sounds: Sequence[np.ndarray], keyterms: Sequence[str] = ()) -> list[list[Stamped]]:
        """The words of each sound (float32 (n,), 16 kHz), in s of it; phrases in ``keyterms`` are preferred."""
        decoding = self._decoding_for(tuple(keyterms))
        signal, lengths, leads = self._padded(sounds)
        encoded, encoded_lengths = self._encoded(signal, lengths)
        decode = decoding.ctc_decoder_predictions_tensor if self._ctc else decoding.rnnt_decoder_predictions_tensor
        hypotheses = decode(encoded, encoded_lengths, return_hypotheses=True)
        return [
            self._words(hypothesis, lead / SAMPLE_RATE, len(sound) / SAMPLE_RATE)
            for hypothesis, lead, sound in zip(hypotheses, leads, sounds, strict=True)
        ]

    def _encoded(self, signal: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the decoding takes, and steps of each sound: NeMo's ``forward``, but only the encoder in halves."""
        features, lengths = self._model.preprocessor(input_signal=signal, length=lengths)
        with self._autocast():
            encoded, lengths = self._model.encoder(audio_signal=features, length=lengths)
        encoded = encoded.float()
        return self._model.decoder(encoder_output=encoded) if self._ctc else encoded, lengths

    def _words(self, hypothesis: Any, lead: float, duration: float) -> list[Stamped]:
        words = stamped(hypothesis, self._frame, lead + duration, ctc=self._ctc)
        return [word.moved(-lead) for word in words]

    def _padded(self, sounds: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
        """The sounds as one tensor (sounds, longest), their lengths, and the samples of silence before each."""
        lengths = [max(len(sound), SHORTEST) for sound in sounds]
        leads = [(length - len(sound)) // 2 for length, sound in zip(lengths, sounds, strict=True)]
        signal = np.zeros((len(sounds), max(lengths)), np.float32)
        for row, lead, sound in zip(signal, leads, sounds, strict=True):
            row[lead : lead + len(sound)] = sound
        return torch.from_numpy(signal).to(self._device), torch.tensor(lengths, device=self._device), leads

    def _autocast(self) -> Any:
        single = self._dtype == torch.float32
        return nullcontext() if single else torch.autocast(self._device.type, self._dtype)

    def _decoding_for(self, keyterms: tuple[str, ...]) -> Any:
        if not keyterms:
            return self._plain
        with self._lock:
            if self._boosted[0] != keyterms:
                self._boosted = (keyterms, self._decoding(keyterms))
            return self._boosted[1]

    def _decoding(self, keyterms: tuple[str, ...]) -> Any:
        """A decoding object of NeMo's. Of a hybrid it is the transducer's, which is the better one."""
        from nemo.collections.asr.parts.utils.asr_confidence_utils import ConfidenceConfig, ConfidenceMethodConfig
        from omegaconf import OmegaConf, open_dict

        config = deepcopy(self._config)
        OmegaConf.set_struct(config, False)
        # The probability itself: NeMo's default entropy gives small numbers for words that are certain.
        method = ConfidenceMethodConfig(name="max_prob", alpha=1.0)
        confidence = ConfidenceConfig(
            preserve_frame_confidence=True, preserve_token_confidence=True, exclude_blank=True, method_cfg=method
        )
        config.strategy, config.compute_timestamps, config.preserve_alignments = "greedy_batch", True, False
        config.confidence_cfg = OmegaConf.structured(confidence)
        if keyterms:
            OmegaConf.update(config, "greedy.boosting_tree", {"key_phrases_list": list(keyterms), **_PHRASES})
            OmegaConf.update(config, "greedy.boosting_tree_alpha", BOOST if self._ctc else BOOST_TRANSDUCER)
        self._model.change_decoding_strategy(config, verbose=False)
        with open_dict(self._model.cfg):  # where NeMo keeps the phrases of this call for whoever decodes next
            self._model.cfg.decoding = self._config
        return self._model.decoding
