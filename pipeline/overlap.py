"""Overlap: for how long two tracklets speak at the same time, which makes them two people.

Only windows that hold both count: there the network itself told them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.pyannet import FRAMES
from pipeline.segmentation import FRAME, LocalActivity, frame_at
from pipeline.tracklets import Tracklet


class Overlap:
    """Joint activity of every pair of tracklets that share a window, kept over the frames of those windows only."""

    def __init__(self, local: LocalActivity, tracklets: Sequence[Tracklet]) -> None:
        in_window: dict[int, list[tuple[int, int]]] = {}
        for index, tracklet in enumerate(tracklets):
            for window, speaker in tracklet.members:
                in_window.setdefault(window, []).append((index, speaker))
        shared: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        for window, heard in sorted(in_window.items()):
            for (a, speaker_a), (b, speaker_b) in combinations(sorted(heard), 2):
                shared.setdefault((a, b), []).append((window, speaker_a, speaker_b))
        cover = local.windows_over()
        self._joint = {pair: _joint(local, rows, cover) for pair, rows in shared.items()}
        self.partners: dict[int, set[int]] = {}
        for a, b in self._joint:
            self.partners.setdefault(a, set()).add(b)
            self.partners.setdefault(b, set()).add(a)

    def seconds(self, a: int, b: int, start: float, end: float) -> float:
        """Expected seconds in [start, end) in which both tracklets speak."""
        if (min(a, b), max(a, b)) not in self._joint:
            return 0.0
        first, total = self._joint[min(a, b), max(a, b)]
        span = np.array([start, end])
        low, high = np.clip(frame_at(span) - first, 0, len(total) - 1)
        return float(total[high] - total[low]) * FRAME if high > low else 0.0


def _joint(local: LocalActivity, rows: list[tuple[int, int, int]], cover: np.ndarray) -> tuple[int, np.ndarray]:
    """(first frame, running sum of the joint activity from there on)."""
    start, end = local.offset(rows[0][0]), local.offset(rows[-1][0]) + FRAMES
    joint = np.zeros(end - start, np.float32)
    for window, a, b in rows:
        first = local.offset(window) - start
        joint[first : first + FRAMES] += local.soft[window, :, a].astype(np.float32) * local.soft[window, :, b]
    return start, np.concatenate([[0.0], np.cumsum(joint / cover[start:end])])
