"""Channels: where every speaker has a microphone, the channel says who speaks.

Cross-talk (the other side faint in one's own microphone) is not speech of this channel: a frame counts only where
the channel is not far quieter than the loudest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipeline.types import Audio, Span, Turn
from pipeline.vad import FRAME, speech_spans

CROSSTALK_DB = 12.0  # a channel this much quieter than the loudest one only overhears it
SPEECH, STOP, PAD = 0.5, 0.35, 0.1  # of a turn: speech probability to begin and to go on, seconds added


class Detector(Protocol):
    """Probability of speech per frame of 20 ms: float32 (frames,)."""

    def __call__(self, audio: Audio) -> np.ndarray: ...


def channel_turns(detector: Detector, channels: Sequence[Audio]) -> list[list[Turn]]:
    """The turns of each channel, named "0", "1", ... after it."""
    levels = np.stack([_level_db(audio) for audio in channels])
    own = levels > levels.max(0) - CROSSTALK_DB
    return [
        [Turn(str(index), span.start, span.end) for span in _spans(detector, audio, own[index])]
        for index, audio in enumerate(channels)
    ]


def _spans(detector: Detector, audio: Audio, own: np.ndarray) -> list[Span]:
    probability = detector(audio)
    probability = probability * own[np.minimum(np.arange(len(probability)), len(own) - 1)]
    return speech_spans(probability, FRAME, audio.duration, SPEECH, STOP, PAD)


def _level_db(audio: Audio, smooth: float = 0.2) -> np.ndarray:
    """Level of each 20 ms frame in dB, averaged over ``smooth`` s: float (frames,)."""
    size = round(FRAME * audio.sample_rate)
    frames = -(-max(1, len(audio.samples)) // size)
    padded = np.pad(audio.samples[:], (0, frames * size - len(audio.samples))).reshape(frames, size)
    width = max(1, round(smooth / FRAME))
    power = np.convolve(np.square(padded).mean(1), np.full(width, 1 / width), "same")
    return 10 * np.log10(power + 1e-10)
