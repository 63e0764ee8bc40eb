"""Audio in: any file that ffmpeg reads becomes 16 kHz sound, and what cannot be used gets an error that says why.

:func:`normalise` runs ffmpeg and looks at headers, so the web process may call it, from many threads at once;
:func:`read_audio` opens what it wrote and belongs to the worker; :func:`load_audio` is both, in memory.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import soundfile

from audio_probe import SOUND, SOURCE, Probe, probe, reached
from errors import (
    AudioTooLong,
    DiarizationError,
    EmptyAudio,
    MediaToolError,
    MissingAudio,
    TruncatedAudio,
    UnsupportedMedia,
)
from ffmpeg_process import Finished, Limits, find_ffmpeg, run_ffmpeg, version_of
from pipeline.types import SAMPLE_RATE, Audio, ChannelMode
from settings import Settings
from wav_samples import WavSamples

WAV = "audio.wav"
MIN_SECONDS = 0.1  # less is not one spoken sound
_LATE = 0.1  # s of sound that starts later than the picture before silence is put in front of it
_CANCELS = 12.0  # dB; channels without relation lose 3 dB when averaged, the same channel turned round loses all
_NO_SPACE = ("No space left on device", "Disk quota exceeded")
_VOLUMES = re.compile(r"volumedetect_(\d+) .* mean_volume: (\S+) dB")


@dataclass(frozen=True)
class Form:
    """Of the WAV that is written: Hz; 16-bit numbers, or floats, which keep what is louder than full scale; filters of
    ffmpeg's that the sound goes through at the end."""

    rate: int = SAMPLE_RATE
    floats: bool = False
    filters: tuple[str, ...] = ()

    @property
    def codec(self) -> str:
        return "pcm_f32le" if self.floats else "pcm_s16le"

    @property
    def bytes_per_second(self) -> int:
        """Of one channel."""
        return self.rate * (4 if self.floats else 2)

    def chain(self, late: bool) -> tuple[str, ...]:
        """Gaps in the timestamps (lost packets, muted microphones) become silence, or every later time would be too
        early; so does what is before a sound that starts ``late``."""
        return (f"aresample={self.rate}:async=1" + (":first_pts=0" if late else ""), *self.filters)


SPEECH = Form()  # what all models hear


@dataclass(frozen=True)
class NormalisedAudio:
    """``path``: WAV of ``channels`` channels, ``duration`` s; ``warnings``: sentences for the client; ``source_rate``,
    ``source_channels``: of the file as it came, the former in Hz."""

    path: Path
    duration: float
    channels: int
    warnings: tuple[str, ...] = ()
    source_rate: int = SAMPLE_RATE
    source_channels: int = 1


def ffmpeg_version(settings: Settings) -> str:
    """Raises MediaToolError if there is no ffmpeg."""
    return version_of(find_ffmpeg(settings.ffmpeg_bin))


def load_audio(path: Path, settings: Settings, channels: ChannelMode = "mix") -> list[Audio]:
    """A recording in memory: one Audio for "mix", one per channel for "per_channel". Raises as :func:`normalise`."""
    with job_folder(settings.temp_audio_dir) as folder:
        found = read_audio(normalise(path, folder, Limits.of(settings), channels).path, path.stem)
        return [Audio(audio.samples[:], audio.name) for audio in found]


def read_audio(wav: Path, name: str = "audio") -> list[Audio]:
    """The channels of a WAV that :func:`normalise` wrote, each as an Audio of its own. Their samples stay in the file
    until they are asked for: an hour takes 230 MB."""
    return [Audio(WavSamples(wav, channel), name) for channel in range(soundfile.info(wav).channels)]


def normalise(
    source: Path, workdir: Path, limits: Limits, channels: ChannelMode = "mix", form: Form = SPEECH
) -> NormalisedAudio:
    """Write ``workdir/audio.wav``: the first sound track of ``source``, which may be a video, in full length.

    workdir: a folder of this job alone. "mix" averages the channels; "per_channel" keeps them. form: of the WAV.
    Raises MissingAudio (no file, or an empty one), UnsupportedMedia, TruncatedAudio, EmptyAudio, AudioTooLong and
    MediaToolError (no ffmpeg, no disk space); then nothing is left in ``workdir``.
    """
    if not (os.path.isfile(source) and os.access(source, os.R_OK) and source.stat().st_size):
        raise MissingAudio("The audio file does not exist, is empty or cannot be read.")
    target, link = workdir / WAV, workdir / SOURCE
    link.symlink_to(source.resolve())
    try:
        return _normalise(workdir, limits, channels, form)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        link.unlink(missing_ok=True)


def _normalise(workdir: Path, limits: Limits, channels: ChannelMode, form: Form) -> NormalisedAudio:
    found = probe(workdir, limits)
    kept = found.channels if channels == "per_channel" else 1
    _check_length(found.duration or 0.0, kept, limits, form)
    warnings = _decode(found, workdir, limits, form, mix=kept < found.channels)
    target = workdir / WAV
    decoded = soundfile.info(target)
    _check_length(decoded.duration, kept, limits, form)
    warnings += _check_complete(found, decoded.duration, workdir, limits)
    if decoded.duration < MIN_SECONDS:
        raise EmptyAudio(f"The recording is empty: it has less than {MIN_SECONDS} s of sound.")
    if channels == "per_channel" and kept == 1:
        warnings += ("The recording has one channel only, so that all speech is given to one speaker.",)
    return NormalisedAudio(target, decoded.duration, decoded.channels, warnings, found.rate, found.channels)


def _check_length(seconds: float, channels: int, limits: Limits, form: Form) -> None:
    """Raises AudioTooLong. ffmpeg stops a second beyond the limit and at the size, so that both are seen here."""
    if seconds > limits.seconds:
        raise AudioTooLong(f"The recording is longer than the {limits.seconds / 60:g} minutes that this server allows.")
    if seconds * channels * form.bytes_per_second >= limits.bytes - 2**16:
        raise AudioTooLong(f"The recording is too long for its {channels} channels at {form.rate} Hz.")


def _check_complete(found: Probe, decoded: float, workdir: Path, limits: Limits) -> tuple[str, ...]:
    """Raises TruncatedAudio where the file breaks off; a warning where only its sound ends early."""
    missing = found.missing(decoded)
    if not missing:
        return ()
    if not found.picture or found.missing(reached(workdir, limits)):
        raise TruncatedAudio(
            f"The file is not complete: {missing:.1f} s of the {decoded + missing:.1f} s it announces are missing. "
            "Was the upload or recording cut off?"
        )
    return (f"The sound ends {missing:.1f} s before the picture.",)


def _decode(found: Probe, workdir: Path, limits: Limits, form: Form, *, mix: bool) -> tuple[str, ...]:
    """Write the WAV; what was unusual about it."""
    if not mix:
        _run(found, workdir, limits, form)
        return ()
    average = "+".join(f"{1 / found.channels:.6f}*c{channel}" for channel in range(found.channels))
    done = _run(found, workdir, limits, form, "volumedetect", f"pan=mono|c0={average}", "volumedetect")
    if found.channels != 2 or not _cancelled(done):
        return ()
    _run(found, workdir, limits, form, "pan=mono|c0=c0")
    return ("The two channels cancel each other out, so that only the first was used.",)


def _cancelled(done: Finished) -> bool:
    """Whether averaging took the sound away: one wire of a balanced cable was swapped, as happens with microphones."""
    volumes = [float(decibels) for _, decibels in sorted(_VOLUMES.findall(done.log))]
    return len(volumes) == 2 and volumes[0] - volumes[1] > _CANCELS


def _run(found: Probe, workdir: Path, limits: Limits, form: Form, *filters: str) -> Finished:
    """Raises UnsupportedMedia for a file too damaged to decode, MediaToolError for a full disk."""
    chain = (*filters, *form.chain(late=found.start > _LATE))
    output = ("-ar", str(form.rate), "-c:a", form.codec, "-map_metadata", "-1", "-f", "wav", "-y", WAV)
    caps = ("-t", str(limits.seconds + 1), "-fs", str(limits.bytes))
    done = run_ffmpeg([*SOUND, "-af", ",".join(chain), *caps, *output], workdir, limits)
    if done.returncode or done.timed_out:
        raise _failure(done)
    return done


def _failure(done: Finished) -> DiarizationError:
    if done.timed_out:
        return UnsupportedMedia("The file could not be decoded in the time that this server allows.")
    if any(sign in done.log for sign in _NO_SPACE):
        return MediaToolError("The server has no disk space left to decode the recording.")
    return UnsupportedMedia("The file is too damaged to be decoded.")


@contextmanager
def job_folder(root: Path) -> Iterator[Path]:
    """An empty folder below ``root`` for this user alone, removed with all that is in it.

    It is locked as those of ``jobs/folders.py`` are: should this process be killed, the next service that starts
    removes it, and until then none does.
    """
    root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with folder_lock(root):
            folder = Path(tempfile.mkdtemp(prefix="run-", dir=root)).resolve()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            stack.enter_context(folder_lock(folder))
        yield folder


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the one lock on ``folder``; it ends with the process at the latest."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
