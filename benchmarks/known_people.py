"""Who is met in benchmarks/known_voices.py, by what they are known, and where they sit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.staged import Setting, clips_by_speaker, phrases, read_clip, stage
from pipeline.types import SAMPLE_RATE, Audio, Turn

ALONE = Setting("alone", snr=60, echo=0.01, overlap=0)
SIZES = (3, 4, 5, 6)  # people in a conversation, in turn
MOST_CLIPS = 4  # of one person


@dataclass(frozen=True, eq=False)
class Person:
    """known: the sound that they are known by; said: phrases that they are met with."""

    name: str
    known: Audio
    said: tuple[np.ndarray, ...]


def people_in(folder: Path, least: float = 0.0) -> list[Person]:
    """Everybody with two phrases, and ``least`` seconds to be met with."""
    found = []
    for name, paths in clips_by_speaker(folder).items():
        clips = [read_clip(path) for path in paths[: MOST_CLIPS + 1]]
        known, said = (clips[0], clips[1:]) if len(clips) > 1 else _halves(clips[0])
        cut = tuple(phrase for clip in said for phrase in phrases(clip))
        if cut and sum(map(len, cut)) >= least * SAMPLE_RATE and phrases(known):
            found.append(Person(name, Audio(known, name), cut))
    return found


def _halves(clip: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Cut where it is quietest about the middle."""
    middle, reach = len(clip) // 2, len(clip) // 6
    level = np.convolve(np.square(clip[middle - reach : middle + reach]), np.ones(800), "same")
    cut = middle - reach + int(level.argmin())
    return clip[:cut], [clip[cut:]]


def sittings(people: Sequence[Person], setting: Setting, seed: int) -> Iterator[tuple[Audio, tuple[Turn, ...]]]:
    """Everybody in one recording: by themselves in the setting ALONE, else in company."""
    random = np.random.default_rng(seed)
    order = [people[i] for i in random.permutation(len(people))]
    sizes = cycle((1,) if setting is ALONE else SIZES)
    while order:
        size = next(sizes)
        group, order = order[:size], order[size:]
        staged = stage({one.name: one.said for one in group}, setting, random)
        yield Audio(staged.samples), staged.turns
