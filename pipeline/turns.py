"""Turns: labelled pieces back to frames, and frames to stretches in which one speaker is heard.

How many people speak in a frame comes from the local segmentation, who they are from the pieces, and whether
anybody speaks at all from two networks that fail on different recordings (segmentation-3.0 hears speech in noise,
MarbleNet loses far-away voices).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.frames import runs
from pipeline.pieces import Piece
from pipeline.segmentation import FRAME, LocalActivity, frame_time
from pipeline.stretches import Stretches
from pipeline.tracklets import Tracklet
from pipeline.types import Turn
from pipeline.vad import FRAME as VAD_FRAME

SEGMENTATION_SHARE = 0.6  # of the speech probability; MarbleNet has the rest
SPEECH = 0.5  # speech probability from which somebody speaks
SECOND_SPEAKER = 0.7  # added to the mean count before it is cut to a whole number: from 1.3 a second one speaks
MIN_SECOND = 0.1  # activity that a second speaker needs
FILL_GAP = 0.5  # seconds: a pause of one speaker that is not worth two turns
PAD = 0.04  # seconds added on both sides: the networks are trained to be late and to leave early


def speech_probability(local: LocalActivity, detector: np.ndarray) -> np.ndarray:
    """Both networks' opinion on the frames of the common grid: float32 (frames,). detector: MarbleNet's, 20 ms."""
    nearest = (frame_time(np.arange(local.frames)) / VAD_FRAME).astype(int)
    other = detector[np.minimum(nearest, len(detector) - 1)]
    return SEGMENTATION_SHARE * local.speech + (1 - SEGMENTATION_SHARE) * other


def draw_turns(
    local: LocalActivity,
    speech: np.ndarray,
    tracklets: Sequence[Tracklet],
    pieces: Sequence[Piece],
    labels: np.ndarray,
    duration: float,
) -> list[Turn]:
    """Turns by start time, named "0", "1", ... after the labels: int (pieces,)."""
    speakers = int(labels.max(initial=-1)) + 1
    activity = _speaker_activity(local.frames, tracklets, pieces, labels, speakers)
    wanted = np.where(speech > SPEECH, np.maximum(1, np.floor(local.count + SECOND_SPEAKER)), 0)
    order = np.argsort(-activity, axis=1, kind="stable")
    active = np.zeros(activity.shape, bool)
    for rank in range(min(speakers, int(wanted.max(initial=0)))):
        loudest = order[:, rank]
        level = np.take_along_axis(activity, loudest[:, None], 1)[:, 0]
        enough = level > (MIN_SECOND if rank else 1e-3)
        np.put_along_axis(active, loudest[:, None], ((wanted > rank) & enough)[:, None], 1)
    turns: list[Turn] = []
    for k in range(speakers):
        # A voice that is never the loudest still speaks: the clustering says so.
        turns += _runs_to_turns(str(k), active[:, k], duration) or [_longest(str(k), pieces, labels == k)]
    return sorted(turns, key=lambda turn: (turn.start, turn.end))


def _longest(speaker: str, pieces: Sequence[Piece], mine: np.ndarray) -> Turn:
    piece = max((piece for piece, chosen in zip(pieces, mine, strict=True) if chosen), key=lambda piece: piece.seconds)
    return Turn(speaker, piece.start, piece.end)


def _speaker_activity(
    frames: int, tracklets: Sequence[Tracklet], pieces: Sequence[Piece], labels: np.ndarray, speakers: int
) -> np.ndarray:
    """float32 (frames, speakers): every frame of a tracklet counts for the speaker of its nearest piece."""
    activity = np.zeros((frames, speakers), np.float32)
    stretches = Stretches(pieces)
    for number in stretches.tracklets:
        tracklet = tracklets[number]
        frame = np.arange(tracklet.start, tracklet.end)
        who = labels[stretches.at(number, frame_time(frame))]
        np.add.at(activity, (frame, who), tracklet.activity)
    return activity


def _runs_to_turns(speaker: str, active: np.ndarray, duration: float) -> list[Turn]:
    intervals: list[list[float]] = []
    for first, last in runs(active):
        start = max(0.0, float(frame_time(first)) - FRAME / 2 - PAD)
        end = min(duration, float(frame_time(last)) - FRAME / 2 + PAD)
        if intervals and start - intervals[-1][1] < FILL_GAP - 2 * PAD:
            intervals[-1][1] = end
        else:
            intervals.append([start, end])
    return [Turn(speaker, start, end) for start, end in intervals if end > start]
