"""Conversations staged from clips of single people: who says what when is known to the sample.

A folder has clips named SPEAKER-ANYTHING.flac. Each is cut into phrases at its pauses; people take turns with
theirs, after a pause or before the other has ended, each from a place of their own in a room that echoes, in noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve

from pipeline.frames import runs
from pipeline.types import SAMPLE_RATE, Turn

LOUDNESS = 0.05  # root mean square of what everybody says
_FRAME = 160  # samples: 10 ms
_QUIET = 0.1  # of a clip's loudness: below it nobody speaks
_SILENT = 1e-4  # root mean square, whatever the rest is like
_PAUSE = 0.2  # seconds of quiet that part two phrases
_SHORTEST, _LONGEST = 1.0, 6.0  # seconds of a phrase, as far as there are pauses
_EDGE = 0.05  # seconds of quiet that stay around a phrase
_ROOM_PEAK = 0.4  # of the first echo beside what comes straight


@dataclass(frozen=True)
class Setting:
    """Where people talk. snr: dB, of noise that falls with its pitch; echo: seconds until an echo has lost 60 dB;
    overlap: share of turns that begin before the one before has ended."""

    name: str
    snr: float
    echo: float
    overlap: float


SETTINGS = (Setting("quiet", 35, 0.15, 0.1), Setting("meeting", 20, 0.4, 0.2), Setting("noisy", 12, 0.5, 0.2))


@dataclass(frozen=True, eq=False)
class Staged:
    """samples: float32 (n,); turns: by start, named after the people."""

    samples: np.ndarray
    turns: tuple[Turn, ...]


def clips_by_speaker(folder: Path) -> dict[str, list[Path]]:
    """In order of their names."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.flac")):
        found.setdefault(path.name.partition("-")[0], []).append(path)
    return found


def read_clip(path: Path) -> np.ndarray:
    """float32 (n,) at 16 kHz. Raises ValueError for another rate or several channels."""
    samples, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{path.name} is not of one channel at {SAMPLE_RATE} Hz")
    return samples


def phrases(samples: np.ndarray) -> list[np.ndarray]:
    """What is said in a clip, cut at pauses: each at least _SHORTEST s, and over _LONGEST s only without a pause."""
    loud = _loud(samples)
    stretches = [(first, last) for first, last in runs(loud).tolist()]
    found: list[list[int]] = []
    for first, last in stretches:
        joined = found and (
            (first - found[-1][1]) * _FRAME < _PAUSE * SAMPLE_RATE
            or (found[-1][1] - found[-1][0]) * _FRAME < _SHORTEST * SAMPLE_RATE
        )
        if joined and (last - found[-1][0]) * _FRAME <= _LONGEST * SAMPLE_RATE:
            found[-1][1] = last
        else:
            found.append([first, last])
    edge = round(_EDGE * SAMPLE_RATE)
    cuts = [samples[max(0, a * _FRAME - edge) : b * _FRAME + edge] for a, b in found]
    return [cut for cut in cuts if len(cut) >= _SHORTEST * SAMPLE_RATE]


def _loud(samples: np.ndarray) -> np.ndarray:
    """bool (frames,): where somebody speaks, without the shortest gaps."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt(np.square(frames).mean(1) + 1e-12)
    level = np.convolve(level, np.full(5, 0.2), "same")
    return level > max(_QUIET * float(np.quantile(level, 0.9)), _SILENT)


def stage(people: Mapping[str, Sequence[np.ndarray]], setting: Setting, random: np.random.Generator) -> Staged:
    """All phrases of everybody, nobody twice in a row as long as others have something left to say."""
    left = {name: list(said) for name, said in people.items() if said}
    echoes = {name: _echo(setting.echo, random) for name in left}
    placed: list[tuple[str, int, np.ndarray]] = []
    at, last = round(0.5 * SAMPLE_RATE), ""
    while any(left.values()):
        name = _next(left, last, random)
        phrase = left[name].pop(0)
        begin = max(0, at + _gap(setting, len(phrase), random))
        begin = max(begin, max((start + len(said) for who, start, said in placed if who == name), default=0))
        placed.append((name, begin, phrase * (LOUDNESS / np.sqrt(np.square(phrase).mean()))))
        at, last = max(at, begin + len(phrase)), name
    return _mixed(placed, echoes, setting, random)


def _next(left: Mapping[str, Sequence[np.ndarray]], last: str, random: np.random.Generator) -> str:
    """Whoever has more to say comes sooner."""
    names = [name for name, said in left.items() if said and name != last] or [last]
    weights = np.array([len(left[name]) for name in names], float)
    return str(random.choice(names, p=weights / weights.sum()))


def _gap(setting: Setting, length: int, random: np.random.Generator) -> int:
    """Samples after the end of the turn before; below 0 within it."""
    if random.random() < setting.overlap:
        return -min(round(random.uniform(0.2, 1.2) * SAMPLE_RATE), length // 2)
    return round(random.gamma(2.0, 0.3) * SAMPLE_RATE)


def _echo(seconds: float, random: np.random.Generator) -> np.ndarray:
    """An impulse response: what comes straight, and after some milliseconds noise that dies away."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tail = random.standard_normal(len(times)) * 10 ** (-3 * times / seconds)
    tail[: round(random.uniform(0.003, 0.012) * SAMPLE_RATE)] = 0
    tail *= _ROOM_PEAK / np.sqrt(np.square(tail).sum() + 1e-12)
    tail[0] = 1.0
    return tail.astype(np.float32)


def _mixed(
    placed: Sequence[tuple[str, int, np.ndarray]],
    echoes: Mapping[str, np.ndarray],
    setting: Setting,
    random: np.random.Generator,
) -> Staged:
    length = max(begin + len(said) for _, begin, said in placed) + SAMPLE_RATE
    mix = np.zeros(length, np.float32)
    gains = {name: 10 ** (random.uniform(-5, 3) / 20) for name in echoes}
    for name, begin, said in placed:
        heard = fftconvolve(said * gains[name], echoes[name])[: length - begin]
        mix[begin : begin + len(heard)] += heard.astype(np.float32)
    mix += _noise(length, random) * LOUDNESS * 10 ** (-setting.snr / 20)
    edge = _EDGE * SAMPLE_RATE
    turns = [
        Turn(name, (begin + edge) / SAMPLE_RATE, (begin + len(said) - edge) / SAMPLE_RATE)
        for name, begin, said in placed
    ]
    return Staged(mix * (0.7 / max(0.7, float(np.abs(mix).max()))), tuple(sorted(turns, key=lambda turn: turn.start)))


def _noise(length: int, random: np.random.Generator) -> np.ndarray:
    """Its power falls with the pitch, as that of fans and streets; float32 (length,), root mean square 1."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), 50.0))
    noise = np.fft.irfft(spectrum, length)
    return (noise / np.sqrt(np.square(noise).mean())).astype(np.float32)
