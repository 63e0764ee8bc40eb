"""Stretches: the part of its tracklet that each piece speaks for, up to the middle between neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.pieces import Piece


class Stretches:
    """Looked up by piece, or by tracklet and time; both without a walk through all pieces."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        by_tracklet: dict[int, list[int]] = {}
        for index, piece in enumerate(pieces):
            by_tracklet.setdefault(piece.tracklet, []).append(index)
        self._edges = np.tile([0.0, np.inf], (len(pieces), 1))
        self._pieces: dict[int, np.ndarray] = {}
        self._middles: dict[int, np.ndarray] = {}
        for tracklet, indices in by_tracklet.items():
            order = np.array(sorted(indices, key=lambda i: pieces[i].start))
            starts, ends = np.array([(pieces[i].start, pieces[i].end) for i in order]).T
            middles = (ends[:-1] + starts[1:]) / 2
            self._edges[order[:-1], 1] = self._edges[order[1:], 0] = middles
            self._pieces[tracklet], self._middles[tracklet] = order, middles

    def of(self, piece: int) -> tuple[float, float]:
        """[start, end) in seconds; the first piece of a tracklet speaks for all before it, the last for all after."""
        start, end = self._edges[piece]
        return float(start), float(end)

    def within(self, tracklet: int, start: float, end: float) -> list[int]:
        """The pieces of a tracklet whose stretches touch [start, end) s, by time."""
        if tracklet not in self._pieces:
            return []
        first, last = np.searchsorted(self._middles[tracklet], (start, end))
        return self._pieces[tracklet][first : last + 1].tolist()

    def at(self, tracklet: int, times: np.ndarray) -> np.ndarray:
        """The piece of a tracklet that speaks for each time in seconds: int (n,)."""
        return self._pieces[tracklet][np.searchsorted(self._middles[tracklet], times)]

    @property
    def tracklets(self) -> list[int]:
        """The tracklets that have a piece."""
        return list(self._pieces)
