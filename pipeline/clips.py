"""Clips of a recording, such as a sample of each voice: cut from our own normalised WAV, never from an upload.

pydub does the cutting and joining. It holds whole recordings in memory and hands foreign files to ffmpeg unguarded,
so it is given just the samples of the clip.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import soundfile

from errors import EmptyAudio
from pipeline.types import Span

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about its age, and about an ffmpeg on the PATH, which clips do not need
    from pydub import AudioSegment
    from pydub.effects import normalize

MAX_SECONDS = 60.0
_FADE = 10  # ms, so that a cut does not click
_HEADROOM = 1.0  # dB between the loudest sample and full scale


def cut(wav: Path, spans: Sequence[Span], channel: int | None = None) -> AudioSegment:
    """The spans of a normalised WAV in a row, each faded in and out, the whole brought to -1 dBFS peak.

    ``channel`` (from 0) takes one channel, None all of them. Only the first ``MAX_SECONDS`` s are used.
    Raises EmptyAudio where the spans lie outside the recording.
    """
    clip, left = AudioSegment.empty(), MAX_SECONDS
    for span in spans:
        part = _read(wav, span.start, min(span.end, span.start + left), channel)
        clip += part.fade_in(_FADE).fade_out(_FADE)
        left -= part.duration_seconds
    if not len(clip):
        raise EmptyAudio("There is no sound to cut a clip from.")
    return normalize(clip, headroom=_HEADROOM)


def export(wav: Path, spans: Sequence[Span], target: Path, channel: int | None = None) -> float:
    """Write the clip of :func:`cut` as a WAV file; its duration in s. Raises EmptyAudio."""
    clip = cut(wav, spans, channel)
    with target.open("wb") as file:
        clip.export(file, format="wav")
    return clip.duration_seconds


def _read(wav: Path, start: float, end: float, channel: int | None) -> AudioSegment:
    with soundfile.SoundFile(wav) as file:
        first = min(round(start * file.samplerate), file.frames)
        file.seek(first)
        samples = file.read(max(0, round(end * file.samplerate) - first), dtype="int16", always_2d=True)
        if channel is not None:
            samples = samples[:, [channel]]
        return AudioSegment(
            samples.tobytes(), frame_rate=file.samplerate, sample_width=samples.itemsize, channels=samples.shape[1]
        )
