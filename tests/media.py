"""Recordings made for a test: by ffmpeg from the sample, or byte by byte where the header is to lie."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ffmpeg_process import Limits, find_ffmpeg
from settings import ROOT, load_settings

SAMPLE = ROOT / "samples" / "planning_meeting.flac"
RATE = 16_000
# How ffmpeg is told to write a video, where the name alone does not do.
VIDEO: dict[str, tuple[str, ...]] = {
    "webm": ("-c:v", "libvpx", "-deadline", "realtime"),
    "mpg": ("-c:v", "mpeg1video", "-r", "25"),
    "flv": ("-c:v", "flv", "-ar", "44100"),
    "faststart.mp4": ("-movflags", "faststart"),
}


def limits(**changes: Any) -> Limits:
    """The ffmpeg of the environment, recordings up to 60 s, 60 s of time."""
    return Limits(**{"ffmpeg": find_ffmpeg(load_settings().ffmpeg_bin), "seconds": 60.0, "timeout": 60.0} | changes)


def ffmpeg(*arguments: str | Path) -> bytes:
    """Its standard output; the last argument is the file to write, "-" for standard output."""
    command = [limits().ffmpeg, "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def can_encode(codec: str) -> bool:
    """Whether this build of ffmpeg can write it."""
    listed = subprocess.run([limits().ffmpeg, "-v", "quiet", "-encoders"], capture_output=True, text=True, check=True)
    return f" {codec} " in listed.stdout


def sample(path: Path, *arguments: str | Path, seconds: float = 3.0, rate: int = 48_000) -> Path:
    """``seconds`` of real speech from the sample, in stereo, in the format that the name and arguments ask for."""
    ffmpeg("-ss", "1", "-t", str(seconds), "-i", SAMPLE, *arguments, "-ar", str(rate), "-ac", "2", path)
    return path


def video(path: Path, *arguments: str, sound_at: float = 0.0, sound: float = 3.0, picture: float = 3.0) -> Path:
    """A test picture of ``picture`` s with ``sound`` s of the sample that begin at ``sound_at`` s."""
    picture_input = ("-f", "lavfi", "-i", f"testsrc=s=160x120:r=10:d={picture}")
    cut = sample(path.with_suffix(".cut.wav"), seconds=sound)
    ffmpeg(*picture_input, "-itsoffset", str(sound_at), "-i", cut, "-c:v", "mpeg4", *arguments, path)
    cut.unlink()
    return path


def write_wav(path: Path, channels: np.ndarray, subtype: str = "PCM_16") -> Path:
    """channels: (n, samples) at 16 kHz."""
    soundfile.write(path, channels.T, RATE, format="WAV", subtype=subtype)
    return path


def tone(seconds: float = 1.0, hertz: float = 440.0, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def wav_bytes(
    body: bytes,
    *,
    riff: int | None = None,
    data: int | None = None,
    rate: int = RATE,
    channels: int = 1,
    bits: int = 16,
) -> bytes:
    """A WAV file whose header says what it is told to; ``riff`` and ``data`` are its two sizes."""
    frame = channels * bits // 8
    sizes = len(body) + 36 if riff is None else riff, len(body) if data is None else data
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    return b"RIFF" + struct.pack("<I", sizes[0]) + b"WAVEfmt " + form + b"data" + struct.pack("<I", sizes[1]) + body


def pcm(samples: np.ndarray) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def cut_off(path: Path, share: float) -> Path:
    """The first ``share`` of a file."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path
