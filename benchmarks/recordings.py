"""What is run: recordings as the WAV that every contender reads, and long ones joined from them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import soundfile

from audio_utils import normalise
from errors import InputError
from evaluation.annotations import Annotation, read_annotation, read_seglst
from ffmpeg_process import Limits
from pipeline.types import SAMPLE_RATE, Turn
from settings import ROOT, Settings

SAMPLES = ROOT / "samples"
BLOCK = 30.0  # s


@dataclass(frozen=True)
class Recording:
    """wav: 16 kHz, mono, 16 bit; duration: s; reference: what was said, where somebody wrote it down."""

    wav: Path
    duration: float
    reference: Annotation | None = None

    @property
    def name(self) -> str:
        return self.wav.stem


def find_audio() -> list[Path]:
    """The committed sample and, below REAL_AUDIO_DIR where there is one, the dialogues and conversations."""
    folders = SAMPLES, _real() / "dialogues", _real() / "conversations"
    files = [path for folder in folders for path in sorted(folder.glob("*.flac"))]
    return list({path.stem: path for path in files}.values())  # a sample may be one of the dialogues


def find_voices() -> list[Path]:
    """Utterances of one person each, below REAL_AUDIO_DIR where there is one."""
    return sorted((_real() / "voices").glob("*.flac"))


def _real() -> Path:
    return Path(os.environ.get("REAL_AUDIO_DIR") or ROOT.parent / "shared" / "data")


def prepare(files: Sequence[Path], folder: Path, settings: Settings) -> list[Recording]:
    """Each file as ``folder/NAME.wav``; ``folder`` is made. Raises DiarizationError for one that is no audio."""
    names = Counter(file.stem for file in files)
    if twice := [name for name, number in names.items() if number > 1]:
        raise InputError(f"Two recordings are called {twice[0]}.")
    folder.mkdir()
    return [_prepare(file, folder, settings) for file in files]


def _prepare(file: Path, folder: Path, settings: Settings) -> Recording:
    decoded = normalise(file, folder, Limits.of(settings))
    return Recording(decoded.path.rename(folder / f"{file.stem}.wav"), decoded.duration, _reference(file))


def _reference(file: Path) -> Annotation | None:
    """From NAME.rttm and NAME.seglst.json beside the audio; either is enough."""
    if file.with_suffix(".rttm").exists():
        return read_annotation(file.parent, file.stem)
    words = file.with_suffix(".seglst.json")
    if not words.exists():
        return None
    segments = read_seglst(words)
    return Annotation(tuple(Turn(part.speaker, part.start, part.end) for part in segments), segments)


def cut(recording: Recording, seconds: float, target: Path) -> Recording:
    """The first ``seconds`` of a recording, or all of it where it is shorter."""
    return _write(target, [_read(recording.wav)], seconds)


def join(recordings: Sequence[Recording], seconds: float, target: Path) -> Recording:
    """Exactly ``seconds`` of sound, one block of every recording after the other, each over and over.

    Taking turns by the block gives every length the same mixture of voices, noise and silence: recordings put end to
    end would make the beginning of a long one differ from the rest, and time by content would pass for time by length.
    """
    return _write(target, _blocks([_read(recording.wav) for recording in recordings]), seconds)


def _blocks(sounds: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    size = round(BLOCK * SAMPLE_RATE)
    pieces = [[sound[start : start + size] for start in range(0, len(sound), size)] for sound in sounds]
    for turn in count():
        yield from (blocks[turn % len(blocks)] for blocks in pieces)


def _write(target: Path, sounds: Iterable[np.ndarray], seconds: float) -> Recording:
    left = round(seconds * SAMPLE_RATE)
    with soundfile.SoundFile(target, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for sound in sounds:
            file.write(sound[:left])
            left -= len(sound[:left])
            if not left:
                break
        duration = file.tell() / SAMPLE_RATE
    return Recording(target, duration)


def _read(wav: Path) -> np.ndarray:
    return soundfile.read(wav, dtype="int16")[0]
