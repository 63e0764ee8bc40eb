"""The sound that clips are cut from: the recording as it came, not the 16 kHz that models hear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from audio_utils import Form, NormalisedAudio, normalise
from errors import AudioTooLong, InvalidOption
from ffmpeg_process import Limits
from pipeline.types import ChannelMode

RATES = 8_000, 192_000  # Hz
_TAKEN = 20  # dB by which noise is lowered; more begins to take speech with it
_FLOORS = -80.0, -20.0  # dB that afftdn can be told


@dataclass(frozen=True)
class Sound:
    """plain: float WAV at the wanted rate, one channel; clean: the same or, where it was asked for, with less noise;
    channels: with all those of the recording, the same where that has one. source_rate: Hz of the recording."""

    plain: Path
    clean: Path
    channels: Path
    source_rate: int
    warnings: tuple[str, ...] = ()


def check_rate(rate: int) -> None:
    """Raises InvalidOption."""
    low, high = RATES
    if not low <= rate <= high:
        raise InvalidOption(f"rate must be from {low} to {high} Hz.", field="rate")


def read_original(source: Path, folder: Path, limits: Limits, rate: int) -> Sound:
    """Decode the whole recording into ``folder``. Its times are those of the 16 kHz WAV that models hear. Floats keep
    what was louder than full scale, so that :mod:`corpora.levels` sees it, and so do the single channels: averaged with
    another one, what was cut off is no longer at full scale. Raises as ``audio_utils.normalise``."""
    form = Form(rate, floats=True)
    decoded = _write(source, folder / "plain", limits, form)
    channels, warnings = decoded.path, _warnings(decoded, rate)
    if decoded.source_channels > 1:
        try:
            channels = _write(source, folder / "channels", limits, form, "per_channel").path
        except AudioTooLong:  # for a WAV of all of them, not for their mean
            warnings.append("It is too long to look for samples at full scale in each of its channels.")
    return Sound(decoded.path, decoded.path, channels, decoded.source_rate, tuple(warnings))


def denoised(sound: Sound, folder: Path, limits: Limits, rate: int, noise: float) -> Sound:
    """With steady noise taken out by ffmpeg's afftdn, in another file of ``folder``. noise: its level, dB, as
    ``Levels.noise`` measures it; a filter that has to guess takes too little or speech too."""
    form = Form(rate, floats=True, filters=_denoise(rate, noise))
    return replace(sound, clean=_write(sound.plain, folder / "clean", limits, form).path)


def _write(source: Path, folder: Path, limits: Limits, form: Form, channels: ChannelMode = "mix") -> NormalisedAudio:
    folder.mkdir()
    return normalise(source, folder, limits, channels, form)


def _denoise(rate: int, noise: float) -> tuple[str, ...]:
    """afftdn is two of its steps (an 80th of a second each) late, and does not say so in its timestamps."""
    late, (lowest, highest) = 2 * (rate // 80), _FLOORS
    floor = min(max(noise, lowest), highest)
    filters = f"apad=pad_len={late}", f"afftdn=nr={_TAKEN}:nf={floor:.1f}", f"atrim=start_sample={late}"
    return *filters, "asetpts=PTS-STARTPTS"


def _warnings(decoded: NormalisedAudio, rate: int) -> list[str]:
    found = [*decoded.warnings]
    if decoded.source_rate < rate:
        found.append(f"The recording has {decoded.source_rate} Hz; at {rate} Hz its clips are larger, not better.")
    return found
