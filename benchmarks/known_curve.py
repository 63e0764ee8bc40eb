"""The curve of benchmarks/known_voices.py as a picture: what a lower threshold gives, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from formats.palette import PALETTE


def draw(shares: Mapping[float, tuple[float, float]], in_use: float, path: Path) -> None:
    """shares: by threshold, of those who are known the share that is named right, and of strangers that which is
    named. path: .svg, .png or .pdf."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="threshold (score from which a name is given)", ylabel="of all people, %")
    thresholds = sorted(shares)
    named = ("known people, named right", "strangers, given a name")
    for number, label in enumerate(named):
        axes.plot(
            thresholds, [100 * shares[one][number] for one in thresholds], label=label, color=PALETTE[number].on_light
        )
    axes.axvline(in_use, color="0.4", linestyle="--", label=f"in use: {in_use:.2f}")
    axes.set(ylim=(0, 101), xlim=(thresholds[0], thresholds[-1]))
    axes.grid(alpha=0.3)
    axes.legend(loc="center left")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
