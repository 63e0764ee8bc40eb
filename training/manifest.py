"""A manifest of NeMo's -> examples: which sound, from when to when, and what is said in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.signal import resample_poly

from errors import InputError
from pipeline.types import SAMPLE_RATE

MISSING = 0.1  # s that a recording may be shorter than a manifest has it: durations are rounded


@dataclass(frozen=True)
class Example:
    """sound: a file that libsndfile reads; offset, duration: s of the part of it that ``text`` is said in."""

    sound: Path
    duration: float
    text: str
    offset: float = 0.0
    language: str | None = None


def read_manifest(path: Path) -> list[Example]:
    """Raises InputError, which names the line, where one cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}.") from None
    lengths: dict[Path, float] = {}
    rows = [(f"{path.name}, line {number}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    found = [_example(line, path, where, lengths) for where, line in rows]
    if not found:
        raise InputError(f"{path.name} has no line.")
    return found


def _example(line: str, manifest: Path, where: str, lengths: dict[Path, float]) -> Example:
    """lengths: of the sounds that were looked at, s; a recording may have many lines."""
    try:
        row: dict[str, Any] = json.loads(line)
        sound, text = manifest.parent / str(row["audio_filepath"]), str(row["text"])
        offset, language = float(row.get("offset") or 0.0), row.get("lang")
        duration = float(row["duration"])
    except (ValueError, TypeError, LookupError, AttributeError):
        raise InputError(f"{where}: needs audio_filepath, duration and text, as one JSON object.") from None
    if not (0 < duration < 1e5 and 0 <= offset < 1e6):
        raise InputError(f"{where}: {duration:g} s from {offset:g} s on is no part of a recording.")
    if not sound.is_file():
        raise InputError(f"{where}: {sound.name} does not exist.")
    if sound not in lengths:
        lengths[sound] = _length(sound, where)
    if offset + duration > lengths[sound] + MISSING:
        said = f"{duration:g} s from {offset:g} s on"
        raise InputError(f"{where}: {said} are not in {sound.name}, which has {lengths[sound]:.2f} s.")
    return Example(sound, duration, text, offset, str(language) if language else None)


def _length(sound: Path, where: str) -> float:
    try:
        return soundfile.info(sound).duration
    except (OSError, RuntimeError):  # soundfile's own errors are RuntimeErrors
        raise InputError(f"{where}: {sound.name} cannot be read as sound.") from None


def read_sound(example: Example) -> np.ndarray:
    """float32 (n,) at 16 kHz, channels averaged. Raises InputError, also where less of it is there than its header or
    the manifest promises: silence must not be learnt as what is said."""
    try:
        with soundfile.SoundFile(example.sound) as file:
            file.seek(min(round(example.offset * file.samplerate), file.frames))
            samples = file.read(round(example.duration * file.samplerate), dtype="float32", always_2d=True)
            rate = file.samplerate
    except (OSError, RuntimeError) as error:
        raise InputError(f"{example.sound.name} cannot be read as sound.") from error
    if len(samples) / rate < example.duration - MISSING:
        raise InputError(f"{example.sound.name} ends before {example.offset + example.duration:g} s.")
    mono = samples.mean(axis=1)
    return mono if rate == SAMPLE_RATE else resample_poly(mono, SAMPLE_RATE, rate).astype(np.float32)


def batches(examples: list[Example], seconds: float, order: np.random.Generator | None = None) -> list[list[Example]]:
    """Of clips of like length, so that little of a batch is padding: at most so many seconds with it, or one clip.
    order: shuffles batches, and clips that are nearly as long; without it the longest come first."""

    def length(example: Example) -> float:
        return example.duration * (order.uniform(0.9, 1.1) if order else 1.0)

    made = list(_packed(sorted(examples, key=length, reverse=True), seconds))
    return [made[index] for index in order.permutation(len(made))] if order else made


def _packed(examples: list[Example], seconds: float) -> Iterator[list[Example]]:
    batch, longest = list[Example](), 0.0
    for example in examples:
        if batch and max(longest, example.duration) * (len(batch) + 1) > seconds:
            yield batch
            batch, longest = [], 0.0
        batch.append(example)
        longest = max(longest, example.duration)
    if batch:
        yield batch
