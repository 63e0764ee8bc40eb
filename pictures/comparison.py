"""Who speaks when, beside who should: the reference above the hypothesis, and what is wrong in colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from evaluation.mistakes import KINDS, Comparison, compare
from pictures.looks import HATCHES, Looks, is_narrow, label
from pictures.order import Order
from pictures.panels import name_lanes
from pipeline.types import Span, Turn

_HEIGHT = 0.38  # of a bar; a pair of them has a lane
_SEAM = 0.02


def compared(order: Order, duration: float) -> Comparison:
    """Within the recording, as evaluation/der.py counts without a collar."""
    return compare(order.reference or (), order.turns, Span(0.0, duration))


def lanes(order: Order, found: Comparison) -> Sequence[tuple[str | None, str | None]]:
    """(speaker of the reference, of the hypothesis) of each: by the reference's order, then those who match nobody."""
    theirs = list(dict.fromkeys(turn.speaker for turn in sorted(order.reference or (), key=lambda turn: turn.start)))
    by_theirs = {name: own for own, name in found.matched.items()}
    rest = [speaker for speaker in order.speakers if speaker not in found.matched]
    return [(name, by_theirs.get(name)) for name in theirs] + [(None, speaker) for speaker in rest]


def draw_comparison(figure: Figure, axes: Axes, order: Order, found: Comparison, looks: Looks) -> None:
    """In each lane the reference above and the hypothesis below; what is missed is an empty place there."""
    names = []
    for place, (theirs, own) in enumerate(lanes(order, found)):
        above, below = (place - _HEIGHT - _SEAM, _HEIGHT), (place + _SEAM, _HEIGHT)
        axes.broken_barh(_bars(order.reference or (), theirs), above, color=looks.ink, linewidth=0)
        axes.broken_barh(_bars(order.turns, own), below, color=looks.faint, linewidth=0)
        for mistake in found.mistakes:
            if mistake.speaker == (theirs if mistake.kind == "missed" else own):
                span = mistake.start, mistake.end - mistake.start
                axes.broken_barh([span], below, gid=mistake.kind, **_fill(mistake.kind, looks))
        names.append("\n".join(label(name) for name in dict.fromkeys((theirs, own)) if name is not None))
    name_lanes(axes, names)
    columns = 2 if is_narrow(axes) else 6
    figure.legend(
        handles=_legend(found, looks), loc="outside lower left", ncols=columns, frameon=False, handlelength=1.4
    )


def _bars(turns: Sequence[Turn], speaker: str | None) -> list[tuple[float, float]]:
    return [(turn.start, turn.end - turn.start) for turn in turns if turn.speaker == speaker]


def _fill(kind: str, looks: Looks) -> dict[str, Any]:
    colour = looks.mistakes[kind]
    if kind == "missed":
        return {"facecolor": "none", "edgecolor": colour, "linewidth": 1.2}
    return {
        "facecolor": colour,
        "edgecolor": colour,
        "hatchcolor": looks.ground,
        "linewidth": 1.0,
        "hatch": HATCHES[kind],
    }


def _legend(found: Comparison, looks: Looks) -> list[Patch]:
    """With the seconds of each kind."""
    rate = "no reference speech" if found.rate is None else f"DER {100 * found.rate:.1f} %"
    wrong = [Patch(label=f"{kind} {found.seconds(kind):.1f} s", **_fill(kind, looks)) for kind in KINDS]
    right = [Patch(facecolor=looks.ink, label="reference"), Patch(facecolor=looks.faint, label="right")]
    return [*right, *wrong, Patch(facecolor="none", edgecolor="none", label=rate)]
