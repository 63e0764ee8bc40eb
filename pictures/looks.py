"""How pictures look: colours, letters and the axis of time, for a light and for a dark ground."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.font_manager import get_font_names
from matplotlib.ticker import FixedLocator, FuncFormatter

from formats.palette import CONFUSION, DARK_GROUND, FALSE_ALARM, LIGHT_GROUND, MISSED, Colour
from pictures.order import Theme

INCH = 100  # hundredths: what a width of 1 is
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)  # s between two marks
_WIDER = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "WenQuanYi Zen Hei",
)  # if there
_LONGEST_NAME = 20
_NARROW = 6.0  # inches; below it, words are short and stand in two lines


@dataclass(frozen=True)
class Looks:
    """ground, ink, faint: of the paper, of what is written, of lines and of what agrees; shade: where several speak."""

    dark: bool
    ground: str
    ink: str
    faint: str
    shade: str

    def tone(self, colour: Colour) -> str:
        return colour.on_dark if self.dark else colour.on_light

    @property
    def mistakes(self) -> dict[str, str]:
        """By kinds of evaluation/mistakes.py."""
        return {"missed": self.tone(MISSED), "false alarm": self.tone(FALSE_ALARM), "confusion": self.tone(CONFUSION)}


LOOKS: dict[Theme, Looks] = {
    "light": Looks(False, LIGHT_GROUND, "#1c1f26", "#8a909c", "#e3e5ea"),
    "dark": Looks(True, DARK_GROUND, "#f2f3f6", "#8a909c", "#3a3f4b"),
}
HATCHES = {"missed": "", "false alarm": "////", "confusion": "xxxx"}  # colour is never the only sign


def style(looks: Looks) -> dict[Any, Any]:
    """Settings of matplotlib. Text stays text in SVG, which may then be read aloud and in any script."""
    ink = {f"{part}.{name}": looks.ink for part in ("xtick", "ytick") for name in ("color", "labelcolor")}
    ground = {f"{part}.facecolor": looks.ground for part in ("figure", "axes", "savefig")}
    return {
        **ink,
        **ground,
        "text.color": looks.ink,
        "axes.labelcolor": looks.ink,
        "axes.edgecolor": looks.faint,
        "font.family": ["DejaVu Sans", *sorted({*_WIDER} & {*get_font_names()}), "sans-serif"],
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "hatch.linewidth": 0.8,
        "svg.fonttype": "none",
        "svg.hashsalt": "picture",  # the same order is the same picture
        "pdf.fonttype": 42,
    }


def mark_time(axes: Axes, duration: float, inches: float) -> None:
    """The axis of time below ``axes``, ``inches`` wide: a mark for every inch at most."""
    most = max(2, math.floor(inches / 0.9))
    step = next((step for step in _STEPS if duration / step <= most), _STEPS[-1])
    axes.set_xlim(0, max(duration, 1e-3))
    axes.xaxis.set_major_locator(
        FixedLocator([step * place for place in range(math.floor(duration / step + 1e-6) + 1)])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds, duration)))
    unit = "s" if duration < 120 else "min:s" if duration < 3600 else "h:min:s"
    axes.set_xlabel(f"time ({unit})")


def clock(seconds: float, longest: float) -> str:
    """A time on an axis that ends at ``longest`` s: "12" below two minutes, "1:05" below an hour, else "1:02:03"."""
    if longest < 120:
        return f"{seconds:.10g}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if longest < 3600 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def is_narrow(axes: Axes) -> bool:
    """As on a phone."""
    figure = axes.figure.get_figure(root=True)
    return figure is not None and figure.get_figwidth() < _NARROW


def label(name: str) -> str:
    """A speaker's name beside a lane: one short line, whatever people call themselves."""
    plain = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in name).strip()
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1]}…"
