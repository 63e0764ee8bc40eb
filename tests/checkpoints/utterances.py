"""What the tiny ASR models know: eight turns of the sample, alone or in a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from pipeline.types import Audio, Span
from tests.media import RATE, SAMPLE

# Of samples/planning_meeting.seglst.json: said by one voice alone.
ROWS = (2, 3, 4, 8, 9, 11, 13, 16)


@dataclass(frozen=True)
class Utterance:
    """samples: float32 (n,) at 16 kHz; start, end: s in the sample."""

    samples: np.ndarray
    text: str
    start: float
    end: float


def utterances() -> list[Utterance]:
    """The eight turns (some are two) that the models know, in the order of the recording."""
    sound = soundfile.read(SAMPLE, dtype="float32")[0]
    rows = sorted(json.loads(SAMPLE.with_suffix(".seglst.json").read_text()), key=lambda row: row["start_time"])
    spans = [(rows[i]["start_time"], rows[i]["end_time"], rows[i]["words"]) for i in ROWS]
    return [Utterance(sound[round(a * RATE) : round(b * RATE)], text, a, b) for a, b, text in spans]


def in_a_row(known: Sequence[Utterance], pause: float) -> tuple[Audio, list[Span], str]:
    """The turns one after another, ``pause`` s before, between and after them; where each is (s); what they say."""
    gap = np.zeros(round(pause * RATE), np.float32)
    samples, regions = gap, list[Span]()
    for utterance in known:
        start = len(samples) / RATE
        samples = np.concatenate([samples, utterance.samples, gap])
        regions.append(Span(start, start + len(utterance.samples) / RATE))
    return Audio(samples), regions, " ".join(utterance.text for utterance in known)
