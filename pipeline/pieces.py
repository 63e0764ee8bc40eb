"""Pieces: what each tracklet says in one go, cut to at most 4 s, with the frames in which it speaks alone.

A piece is the unit that gets a voice embedding. Frames in which somebody else speaks too are left out where enough
clean ones remain: an embedding of two voices resembles neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.frames import runs
from pipeline.segmentation import frame_at, frame_time
from pipeline.tracklets import Tracklet

FEATURE_STEP = 0.01  # seconds between the feature frames that are embedded
FEATURE_CENTRE = 0.0125  # seconds to the centre of the first

ACTIVE = 0.4  # activity from which a tracklet counts as speaking
OTHERS = 0.45  # activity of all others from which a frame counts as overlapped
SHORT_GAP = 0.12  # seconds: a gap that is closed whoever speaks in it (a stop consonant)
QUIET_GAP = 0.5  # seconds: a gap that is closed when nobody else speaks in it (a breath)
BRIEF = 0.8  # seconds: only a stretch shorter than this is joined over a breath
LONGEST = 4.0  # seconds in one piece: longer ones gain nothing and could hide a change of speaker
MIN_CLEAN = 0.3  # seconds alone from which overlapped frames are dropped
MIN_PIECE = 0.1  # seconds below which there is nothing to embed


@dataclass(frozen=True, eq=False)
class Piece:
    """frames: int (n,), the 10 ms feature frames to embed; clean: seconds spoken alone (0 where overlap was kept)."""

    tracklet: int
    start: float
    end: float
    frames: np.ndarray
    clean: float

    @property
    def seconds(self) -> float:
        """Seconds that are embedded."""
        return len(self.frames) * FEATURE_STEP


def cut_pieces(tracklets: Sequence[Tracklet], duration: float, longest: float = LONGEST) -> list[Piece]:
    """The pieces of all tracklets of a recording of ``duration`` s, none with more than ``longest`` s of clean
    speech; tracklet by tracklet in time order."""
    frames = max((tracklet.end for tracklet in tracklets), default=0)
    total = np.zeros(frames, np.float32)
    anyone = np.zeros(frames, bool)
    for tracklet in tracklets:
        total[tracklet.start : tracklet.end] += tracklet.activity
        anyone[tracklet.start : tracklet.end] |= tracklet.activity > ACTIVE
    features = int((duration - 2 * FEATURE_CENTRE) / FEATURE_STEP) + 1
    pieces: list[Piece] = []
    for index, tracklet in enumerate(tracklets):
        pieces += _pieces_of(index, tracklet, total, anyone, features, longest)
    return pieces


def _pieces_of(
    index: int, tracklet: Tracklet, total: np.ndarray, anyone: np.ndarray, features: int, longest: float
) -> list[Piece]:
    feature, grid = _feature_frames(tracklet, features)
    activity = tracklet.activity[grid - tracklet.start]
    speaking, faint = activity > ACTIVE, False
    if speaking.sum() * FEATURE_STEP < SHORT_GAP:
        # Never sure of itself: take what is most likely, so that the voice is not lost.
        speaking, faint = activity > max(0.05, 0.5 * activity.max(initial=0)), True
    alone = speaking & (total[grid] - activity < OTHERS)
    pieces: list[Piece] = []
    for first, last in _turns(speaking, anyone[grid]):
        inside = np.arange(first, last)
        clean = inside[alone[first:last]]
        if len(clean) * FEATURE_STEP >= MIN_CLEAN and not faint:
            parts = _split_at_pauses(clean, activity, longest)
            pieces += [_piece(index, feature[part], alone=True) for part in parts]
        else:
            spoken = inside[speaking[first:last]]
            if len(spoken) * FEATURE_STEP >= MIN_PIECE:
                pieces.append(_piece(index, feature[spoken], alone=False))
    return pieces


def _split_at_pauses(clean: np.ndarray, activity: np.ndarray, longest: float) -> list[np.ndarray]:
    """Halve what is longer than ``longest`` s until nothing is. clean: int (n,), positions in activity."""
    if len(clean) * FEATURE_STEP <= longest:
        return [clean]
    cut = _weakest(clean, activity[clean], len(clean) // 4)
    return _split_at_pauses(clean[:cut], activity, longest) + _split_at_pauses(clean[cut:], activity, longest)


def halve(piece: Piece, tracklet: Tracklet) -> tuple[Piece, Piece] | None:
    """A piece cut in two at its weakest moment; None where a half would be too short to embed."""
    margin = max(len(piece.frames) // 5, round(MIN_CLEAN / FEATURE_STEP))
    if len(piece.frames) < 2 * margin + 1:
        return None
    grid = frame_at(FEATURE_CENTRE + FEATURE_STEP * piece.frames) - tracklet.start
    cut = _weakest(piece.frames, tracklet.activity[np.clip(grid, 0, len(tracklet.activity) - 1)], margin)
    alone = piece.clean > 0
    return _piece(piece.tracklet, piece.frames[:cut], alone), _piece(piece.tracklet, piece.frames[cut:], alone)


def _weakest(frames: np.ndarray, activity: np.ndarray, margin: int) -> int:
    """Where the voice is weakest, ``margin`` away from both ends: a change of speaker that the network missed lies
    at a pause. A jump between two frames is a pause too."""
    level = np.convolve(activity, np.full(5, 0.2), "same")
    level[1:] -= np.diff(frames) > 1
    return margin + int(level[margin : len(frames) - margin].argmin())


def _feature_frames(tracklet: Tracklet, features: int) -> tuple[np.ndarray, np.ndarray]:
    """The feature frames that a tracklet spans, and the nearest frame of the common grid for each."""
    first = int((frame_time(tracklet.start - 1) - FEATURE_CENTRE) / FEATURE_STEP)
    last = int((frame_time(tracklet.end + 1) - FEATURE_CENTRE) / FEATURE_STEP)
    feature = np.arange(max(0, first), min(features, last + 1))
    grid = frame_at(FEATURE_CENTRE + FEATURE_STEP * feature)
    inside = (grid >= tracklet.start) & (grid < tracklet.end)
    return feature[inside], grid[inside]


def _piece(index: int, frames: np.ndarray, alone: bool) -> Piece:
    start, end = frames[0] * FEATURE_STEP, (frames[-1] + 1) * FEATURE_STEP
    return Piece(index, float(start), float(end), frames, len(frames) * FEATURE_STEP if alone else 0.0)


def _turns(speaking: np.ndarray, anyone: np.ndarray) -> list[list[int]]:
    """Runs of speaking, joined over short gaps and over gaps in which nobody speaks."""
    heard = np.concatenate([[0], np.cumsum(anyone)])
    turns: list[list[int]] = []
    for first, last in runs(speaking):
        gap = (first - turns[-1][1]) * FEATURE_STEP if turns else np.inf
        silent = turns and heard[first] == heard[turns[-1][1]]
        # A breath between two longer stretches may hide a change of speaker: each can be judged by itself.
        brief = turns and min(last - first, turns[-1][1] - turns[-1][0]) * FEATURE_STEP < BRIEF
        if gap < SHORT_GAP or (gap < QUIET_GAP and silent and brief):
            turns[-1][1] = int(last)
        else:
            turns.append([int(first), int(last)])
    return turns
