"""Clips of known voices that come with a recording: decoded into the folder of its job, and gone with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audio_utils import WAV, normalise
from errors import InputError, InvalidOption
from ffmpeg_process import Limits
from pipeline.known import KnownClip, checked_name

MOST_CLIPS = 32
LONGEST_CLIP = 120.0  # s; a voice is known after less
_FOLDER = "known-{number}"


def checked(known: Sequence[KnownClip]) -> list[KnownClip]:
    """Raises InvalidOption."""
    if len(known) > MOST_CLIPS:
        raise InvalidOption(f"Up to {MOST_CLIPS} clips of known voices may come with a recording.", field="known")
    return [replace(clip, name=checked_name(clip.name, f"known.{number}")) for number, clip in enumerate(known)]


def normalise_all(known: Sequence[KnownClip], folder: Path, limits: Limits) -> None:
    """Raises as :func:`audio_utils.normalise`, naming the clip."""
    for number, clip in enumerate(known):
        try:
            decoded(clip.audio, folder / _FOLDER.format(number=number), limits)
        except InputError as error:
            raise type(error)(f"Known voice {number + 1}: {error.message}", field=f"known.{number}") from None


def decoded(clip: Path, place: Path, limits: Limits) -> Path:
    """The normalised clip, in a new folder. Raises as :func:`audio_utils.normalise`."""
    place.mkdir(mode=0o700)
    return normalise(clip, place, replace(limits, seconds=min(limits.seconds, LONGEST_CLIP))).path


def clips_of(names: Sequence[str], folder: Path) -> tuple[KnownClip, ...]:
    """Those that :func:`normalise_all` has written for people of these names."""
    return tuple(KnownClip(name, folder / _FOLDER.format(number=number) / WAV) for number, name in enumerate(names))
