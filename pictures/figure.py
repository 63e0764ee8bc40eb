"""A picture as a whole: panels above one another, on one axis of time."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pictures.looks import INCH, LOOKS, Looks, mark_time, style
from pictures.order import Order
from pictures.panels import draw_mel, draw_speakers, draw_spectrum, draw_waveform
from pictures.sound import duration_of, mel_spectrum, spectrum, waveform

_HEIGHTS = {"waveform": 1.3, "spectrogram": 2.3, "mel": 2.3}  # inches
_LANE, _PAIR, _EDGE = 0.3, 0.44, 0.25  # inches: of a lane, of one with a reference, and around them
_BOTTOM = 0.65  # inches; the axis of time
_LEGEND = 0.6  # inches; in two columns it has three lines
_PARTS = ("waveform", "spectrogram", "mel", "speakers")
# Without a date, the same order is the same picture.
_METADATA = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None, "Creator": None}, "png": None}


def draw(wav: Path, order: Order) -> bytes:
    """The picture in the format that is asked for. wav: 16 kHz, 16 bit. Raises OSError."""
    looks = LOOKS[order.theme]
    with matplotlib.rc_context(style(looks)), warnings.catch_warnings():
        if order.format == "svg":  # whose letters are those of whoever looks at it
            warnings.filterwarnings("ignore", "Glyph .* missing")
        figure = compose(wav, order, looks)
        made = io.BytesIO()
        figure.savefig(made, format=order.format, dpi=INCH, metadata=_METADATA[order.format])
    return made.getvalue()


def compose(wav: Path, order: Order, looks: Looks) -> Figure:
    parts = _PARTS if order.kind == "all" else (order.kind,)
    panels = [_panel(part, wav, order, looks) for part in parts]
    figure = Figure(figsize=(order.width / INCH, sum(height for height, _ in panels) + _BOTTOM), layout="constrained")
    FigureCanvasAgg(figure)
    bar = 0.14 * INCH / order.width if {"spectrogram", "mel"} & {*parts} else 1e-6
    heights = [height for height, _ in panels]
    grid = figure.add_gridspec(len(panels), 2, height_ratios=heights, width_ratios=[1, bar])
    rows = list[Axes]()
    for row, (_, paint) in enumerate(panels):
        axes, bar = figure.add_subplot(grid[row, 0], sharex=rows[0] if rows else None), figure.add_subplot(grid[row, 1])
        bar.set_axis_off()
        paint(figure, axes, bar)
        axes.tick_params(axis="x", labelbottom=row == len(panels) - 1)
        rows.append(axes)
    figure.align_ylabels(rows)
    mark_time(rows[-1], duration_of(wav), order.width / INCH)
    return figure


Paint = Callable[[Figure, Axes, Axes], None]  # figure, axes, where the colours are explained


def _panel(part: str, wav: Path, order: Order, looks: Looks) -> tuple[float, Paint]:
    """Its height in inches, and how it is painted. There are as many columns as there are dots on a screen."""
    columns = order.width
    match part:
        case "waveform":
            return _HEIGHTS[part], lambda figure, axes, bar: draw_waveform(axes, waveform(wav, columns), looks)
        case "spectrogram":
            return _HEIGHTS[part], lambda figure, axes, bar: draw_spectrum(figure, axes, bar, spectrum(wav, columns))
        case "mel":
            return _HEIGHTS[part], lambda figure, axes, bar: draw_mel(figure, axes, bar, mel_spectrum(wav, columns))
    duration = duration_of(wav)
    if order.reference is None:
        shortest = duration / columns
        height = max(len(order.speakers), 1) * _LANE + _EDGE
        return height, lambda figure, axes, bar: draw_speakers(axes, order.turns, order.speakers, looks, shortest)
    from pictures.comparison import compared, draw_comparison, lanes  # brings in pyannote, seconds

    found = compared(order, duration)
    height = max(len(lanes(order, found)), 1) * _PAIR + _EDGE + _LEGEND
    return height, lambda figure, axes, bar: draw_comparison(figure, axes, order, found, looks)
