"""The parts of a picture, each on axes of its own above one another on the same time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MultipleLocator

from formats.palette import colours
from pictures.looks import Looks, is_narrow, label
from pictures.sound import Spectrum, Waveform
from pipeline.types import Turn

RANGE = 80.0  # dB from the loudest to what is drawn as silence
QUIETEST_TOP = -60.0  # dB; a recording of nothing is dark, not all noise
MAP = "magma"  # even steps of lightness, for all eyes and on paper
_MEL_MARKS = (0, 250, 500, 1000, 2000, 4000, 8000)  # Hz
_LANE = 0.62  # of the height that a lane has


def draw_waveform(axes: Axes, wave: Waveform, looks: Looks) -> None:
    times = (np.arange(len(wave.low)) + 0.5) * wave.duration / len(wave.low)
    axes.fill_between(times, wave.low, wave.high, color=looks.ink, linewidth=0.3)
    most = max(0.02, float(np.abs([wave.low, wave.high]).max()) * 1.05)
    axes.set_ylim(-most, most)
    axes.set_ylabel("amplitude")


def draw_spectrum(figure: Figure, axes: Axes, bar: Axes, found: Spectrum) -> None:
    """bar: where the colours are explained."""
    image = _image(axes, found, 0.0, found.hertz[-1] / 1000)
    axes.set_ylabel("frequency (kHz)")
    _explain(figure, image, bar)


def draw_mel(figure: Figure, axes: Axes, bar: Axes, found: Spectrum) -> None:
    """Heights are in mel, marks in Hz."""
    from librosa.core.convert import hz_to_mel

    middles = hz_to_mel(found.hertz)
    half = (middles[1] - middles[0]) / 2
    image = _image(axes, found, middles[0] - half, middles[-1] + half)
    axes.set_facecolor(image.cmap(0.0))
    axes.set_ylim(0, float(hz_to_mel(_MEL_MARKS[-1])))
    axes.set_yticks([float(hz_to_mel(mark)) for mark in _MEL_MARKS], [str(mark) for mark in _MEL_MARKS])
    axes.set_ylabel("mel bands (Hz)")
    _explain(figure, image, bar)


def draw_speakers(axes: Axes, turns: Sequence[Turn], speakers: Sequence[str], looks: Looks, shortest: float) -> None:
    """A lane for each, the first on top; behind them where several speak at once. shortest: s that can be seen; what is
    closer together is drawn as one."""
    own = colours(speakers)
    for start, end in _joined(_overlaps(turns), shortest):
        axes.axvspan(start, max(end, start + shortest), color=looks.shade, linewidth=0)
    for place, speaker in enumerate(speakers):
        spans = _joined([(turn.start, turn.end) for turn in turns if turn.speaker == speaker], shortest)
        bars = [(start, max(end - start, shortest)) for start, end in spans]
        axes.broken_barh(bars, (place - _LANE / 2, _LANE), color=looks.tone(own[speaker]), linewidth=0)
    name_lanes(axes, [label(speaker) for speaker in speakers])
    if not speakers:
        axes.text(0.5, 0.5, "nobody speaks", transform=axes.transAxes, ha="center", va="center", color=looks.ink)


def name_lanes(axes: Axes, names: Sequence[str]) -> None:
    """Whatever a name is: a dollar begins no formula."""
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.tick_params(axis="y", length=0)


def _image(axes: Axes, found: Spectrum, low: float, high: float) -> AxesImage:
    top = max(float(found.decibels.max()), QUIETEST_TOP)
    return axes.imshow(
        found.decibels.T,
        origin="lower",
        aspect="auto",
        extent=(0.0, found.duration, low, high),
        cmap=MAP,
        vmin=top - RANGE,
        vmax=top,
        interpolation="nearest",
    )


def _explain(figure: Figure, image: AxesImage, bar: Axes) -> None:
    bar.set_axis_on()
    figure.colorbar(image, cax=bar, label="dB" if is_narrow(bar) else "dB of full scale", ticks=MultipleLocator(20))


def _overlaps(turns: Sequence[Turn]) -> list[tuple[float, float]]:
    """Where at least two turns are."""
    changes = sorted([(turn.start, 1) for turn in turns] + [(turn.end, -1) for turn in turns])
    found, speaking = [], 0
    for (start, step), (end, _) in pairwise(changes):
        speaking += step
        if speaking > 1 and end > start:
            found.append((start, end))
    return found


def _joined(spans: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Those that overlap, or are closer together than ``gap`` s, as one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= gap:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
