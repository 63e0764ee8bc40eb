from __future__ import annotations

import numpy as np

from pipeline.pieces import Piece
from pipeline.stretches import Stretches


def piece(tracklet: int, start: float, end: float) -> Piece:
    return Piece(tracklet, start, end, np.arange(round(start * 100), round(end * 100)), end - start)


PIECES = [piece(0, 5, 6), piece(0, 1, 2), piece(1, 3, 4), piece(0, 8, 9)]


def test_a_piece_speaks_up_to_the_middle_between_it_and_its_neighbours() -> None:
    stretches = Stretches(PIECES)
    assert stretches.of(1) == (0.0, 3.5)
    assert stretches.of(0) == (3.5, 7.0)
    assert stretches.of(3) == (7.0, np.inf)
    assert stretches.of(2) == (0.0, np.inf)


def test_pieces_are_found_by_time() -> None:
    stretches = Stretches(PIECES)
    assert stretches.within(0, 0.0, 1.0) == [1]
    assert stretches.within(0, 3.0, 7.5) == [1, 0, 3]
    assert stretches.within(0, 4.0, np.inf) == [0, 3]
    assert stretches.within(7, 0.0, 9.0) == []
    assert stretches.at(0, np.array([0.0, 3.6, 100.0])).tolist() == [1, 0, 3]
    assert stretches.tracklets == [0, 1]
