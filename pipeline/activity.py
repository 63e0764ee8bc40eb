"""Activity: in which frames each of a model's few speakers is heard -> turns, as end-to-end diarizers give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.artefacts import Arrays
from pipeline.clustering import Bounds
from pipeline.diarizer import Diarized
from pipeline.frames import runs
from pipeline.spans import Rules, spans_by
from pipeline.types import Span, Turn
from pipeline.vad import speech_spans

TICK = 0.01  # seconds: NeMo draws turns on frames of 10 ms, whatever the model's are


@dataclass(frozen=True, eq=False)
class Activity:
    """probability: float32 (frames, speakers), that a speaker is heard; frame: its length, a multiple of 10 ms, in s;
    warnings: what the caller should know of how it was heard. The model knows no more speakers than there are columns.
    """

    probability: np.ndarray
    frame: float
    warnings: tuple[str, ...] = ()

    def arrays(self) -> Arrays:
        warnings = np.array(self.warnings, dtype=np.str_)
        return {"probability": self.probability, "frame": np.array(self.frame), "warnings": warnings}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Activity:
        return cls(arrays["probability"], float(arrays["frame"]), tuple(arrays["warnings"].tolist()))


def diarized(activity: Activity, rules: Rules, bounds: Bounds, duration: float) -> Diarized:
    """Turns by start within [0, duration] s, by the rules of NeMo's ``ts_vad_post_processing``.

    Speakers beyond ``bounds.high`` are those with the least time; their stretches go to whoever of the others is most
    active there. A model cannot hear more speakers than it does, so there may be fewer than ``bounds.low``.
    """
    probability = activity.probability
    spans = _spans(probability, activity.frame, rules)
    if sum(map(bool, spans)) > bounds.high:
        kept = sorted(sorted(range(len(spans)), key=lambda speaker: -_seconds(spans[speaker]))[: bounds.high])
        spans = _spans(_given_away(probability, kept, rules), activity.frame, rules)
    turns = [
        Turn(str(speaker), span.start, min(span.end, duration))
        for speaker, found in enumerate(spans)
        for span in found
        if span.start < duration
    ]
    turns.sort(key=lambda turn: (turn.start, turn.end))
    return Diarized(tuple(turns), tuple(_speech(turns, duration)), activity.warnings)


def _spans(probability: np.ndarray, frame: float, rules: Rules) -> list[list[Span]]:
    """Of every speaker."""
    ticks = round(frame / TICK)
    return [spans_by(rules, np.repeat(column, ticks), TICK) for column in probability.T]


def _given_away(probability: np.ndarray, kept: Sequence[int], rules: Rules) -> np.ndarray:
    """``probability``, with the stretches of all other speakers raised in the one of ``kept`` who is loudest there."""
    result = np.zeros_like(probability)
    result[:, kept] = probability[:, kept]
    for speaker in sorted(set(range(probability.shape[1])) - set(kept)):
        own = probability[:, speaker]
        for first, last in runs(own > min(rules.onset, rules.offset)):
            heir = kept[int(probability[first:last, kept].mean(0).argmax())]
            result[first:last, heir] = np.maximum(result[first:last, heir], own[first:last])
    return result


def _speech(turns: Sequence[Turn], duration: float) -> list[Span]:
    """Where anybody has a turn, with the sound around it that the recogniser wants."""
    spoken = np.zeros(round(duration / TICK) + 1, np.float32)
    for turn in turns:
        spoken[round(turn.start / TICK) : round(turn.end / TICK)] = 1.0
    return speech_spans(spoken, TICK, duration)


def _seconds(spans: Sequence[Span]) -> float:
    return sum(span.duration for span in spans)
