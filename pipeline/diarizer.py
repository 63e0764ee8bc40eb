"""Diarization on one screen: who speaks when, without a word being recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pipeline.artefacts import Arrays
from pipeline.clustering import Bounds, centroids_of, cluster, similarity
from pipeline.embeddings import VoiceEmbedder
from pipeline.overlap import Overlap
from pipeline.pieces import LONGEST, Piece, cut_pieces, halve
from pipeline.segmentation import FRAME, LocalActivity, Segmenter
from pipeline.tracklets import Tracklet, link
from pipeline.turns import draw_turns, speech_probability
from pipeline.types import Audio, Span, Turn
from pipeline.vad import SpeechDetector, speech_spans
from pipeline.voices import Part

DETECTION = 0.05  # of the time that listening takes
DOUBT = 0.5  # a piece whose best two voices are closer than this may hold both of them
MIN_DOUBTFUL = 2.0  # seconds alone that make it worth a second look
_SHORTEST_CUT = 0.5  # seconds: pieces are never cut finer to reach a given number of speakers


@dataclass(frozen=True, eq=False)
class Heard:
    """detected: MarbleNet's speech probability, float32 (20 ms frames,); local: who of three nearby speakers speaks;
    vectors: of the pieces that all of it is cut into, float32 (pieces, d), once they are known; halves: by piece, those
    of the two halves of pieces that were given a second look, float32 (2, d), once there was one."""

    detected: np.ndarray
    local: LocalActivity
    vectors: np.ndarray | None = None
    halves: Mapping[int, np.ndarray] | None = None

    def arrays(self) -> Arrays:
        arrays = {"detected": self.detected, **self.local.arrays()}
        if self.vectors is not None:
            arrays["vectors"] = self.vectors
        if self.halves is not None:
            arrays["halved"] = np.array(list(self.halves), int)
            arrays["halves"] = np.array(list(self.halves.values()), np.float32)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Heard:
        halves = None
        if "halves" in arrays:
            halves = dict(zip(arrays["halved"].tolist(), arrays["halves"], strict=True))
        return cls(arrays["detected"], LocalActivity.from_arrays(arrays), arrays.get("vectors"), halves)


@dataclass(frozen=True)
class Diarized:
    """turns: by start, their speakers named "0", "1", ...; speech: the stretches worth transcribing; warnings: what
    the caller should know of how they were found; heard: where more was heard on the way, all of it, to be kept;
    parts: what the speakers say alone, as far as it was heard on the way."""

    turns: tuple[Turn, ...]
    speech: tuple[Span, ...]
    warnings: tuple[str, ...] = ()
    heard: Any = field(default=None, compare=False, repr=False)
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict, compare=False, repr=False)


class Diarizer:
    """Owns the three networks that listen to voices."""

    restored = staticmethod(Heard.from_arrays)

    def __init__(self, detector: SpeechDetector, segmenter: Segmenter, embedder: VoiceEmbedder) -> None:
        self._detector, self._segmenter, self._embedder = detector, segmenter, embedder

    def listen(self, audio: Audio, on_progress: Callable[[float], None] | None = None) -> Heard:
        """Where there is speech, and by how many at a time."""
        report = on_progress or (lambda fraction: None)
        detected = self._detector(audio, lambda fraction: report(DETECTION * fraction))
        return Heard(detected, self._segmenter(audio, lambda fraction: report(DETECTION + (1 - DETECTION) * fraction)))

    def embed(self, audio: Audio, heard: Heard, on_progress: Callable[[float], None] | None = None) -> Heard:
        """With what its voices are like."""
        pieces = cut_pieces(link(heard.local), audio.duration)
        return replace(heard, vectors=self._embedder(audio, pieces, on_progress).vectors)

    def tell_apart(
        self, audio: Audio, heard: Heard, bounds: Bounds, on_progress: Callable[[float], None] | None = None
    ) -> Diarized:
        """heard: as :meth:`embed` gives it; what it lacks is embedded here. With halves nothing is embedded any more:
        pieces that were not given a second look the first time are not given one now."""
        tracklets = link(heard.local)
        pieces = self._pieces(tracklets, audio, bounds)
        vectors, halves = heard.vectors, heard.halves
        if vectors is None or len(vectors) != len(pieces):  # cut finer than usual
            vectors, halves = self._embedder(audio, pieces, on_progress).vectors, None
        labels = cluster(vectors, pieces, Overlap(heard.local, tracklets), bounds)
        cuts = _doubtful(tracklets, pieces, vectors, labels)
        if halves is None:
            halves = self._halves(audio, cuts)
            heard = replace(heard, halves=halves) if heard.vectors is vectors else heard
        cuts = {index: cut for index, cut in cuts.items() if index in halves}
        whole = pieces
        pieces, labels = _second_look(whole, vectors, labels, cuts, halves, bounds.low)
        speech = speech_probability(heard.local, heard.detected)
        turns = draw_turns(heard.local, speech, tracklets, pieces, labels, audio.duration)
        spans = tuple(speech_spans(speech, FRAME, audio.duration) if turns else ())
        return Diarized(tuple(turns), spans, heard=heard, parts=_parts(whole, pieces, vectors, labels))

    def _halves(self, audio: Audio, cuts: Mapping[int, tuple[Piece, Piece]]) -> dict[int, np.ndarray]:
        """The vectors of both halves of each cut."""
        if not cuts:
            return {}
        heard = self._embedder(audio, [half for cut in cuts.values() for half in cut]).vectors
        return dict(zip(cuts, heard.reshape(len(cuts), 2, -1), strict=True))

    @staticmethod
    def _pieces(tracklets: Sequence[Tracklet], audio: Audio, bounds: Bounds) -> list[Piece]:
        """Pieces, cut finer where the caller knows of more speakers than there are pieces."""
        longest = LONGEST
        pieces = cut_pieces(tracklets, audio.duration)
        while pieces and len(pieces) < bounds.low and longest > _SHORTEST_CUT:
            longest /= 2
            pieces = cut_pieces(tracklets, audio.duration, longest)
        return pieces


def _doubtful(
    tracklets: Sequence[Tracklet], pieces: Sequence[Piece], vectors: np.ndarray, labels: np.ndarray
) -> dict[int, tuple[Piece, Piece]]:
    """Pieces torn between two voices, each cut in two."""
    if labels.max(initial=0) == 0:
        return {}
    clean = np.array([piece.clean for piece in pieces])
    centroids, weight = _voices(pieces, vectors, labels)
    likeness = similarity(vectors, centroids, np.array([piece.seconds for piece in pieces]), weight)
    own = np.take_along_axis(likeness, labels[:, None], 1)[:, 0]
    np.put_along_axis(likeness, labels[:, None], -np.inf, 1)
    doubtful = np.flatnonzero((clean >= MIN_DOUBTFUL) & (own - likeness.max(1) < DOUBT)).tolist()
    cuts = ((index, halve(pieces[index], tracklets[pieces[index].tracklet])) for index in doubtful)
    return {index: cut for index, cut in cuts if cut}


def _second_look(
    pieces: list[Piece],
    vectors: np.ndarray,
    labels: np.ndarray,
    cuts: Mapping[int, tuple[Piece, Piece]],
    halves: Mapping[int, np.ndarray],
    low: int,
) -> tuple[list[Piece], np.ndarray]:
    """Where the halves of a doubtful piece disagree, each keeps its own voice. A voice that was nothing but such a
    piece is gone then, unless fewer than ``low`` would be left."""
    if not cuts:
        return pieces, labels
    centroids, weight = _voices(pieces, vectors, labels)
    pieces, voice_of = list(pieces), labels.tolist()
    for index, (left, right) in cuts.items():
        seconds = np.array([left.seconds, right.seconds])
        first, second = similarity(halves[index], centroids, seconds, weight).argmax(1).tolist()
        lost = voice_of[index] not in (first, second) and voice_of.count(voice_of[index]) == 1
        if first != second and not (lost and len(set(voice_of)) <= low):
            pieces[index], voice_of[index] = left, first
            pieces.append(right)
            voice_of.append(second)
    return pieces, np.unique(voice_of, return_inverse=True)[1]


def _parts(
    whole: Sequence[Piece], pieces: Sequence[Piece], vectors: np.ndarray, labels: np.ndarray
) -> dict[str, list[Part]]:
    """Of each label that has some, the pieces spoken alone. whole: those that the vectors are of; some were cut since,
    and then tell nothing."""
    found: dict[str, list[Part]] = {}
    for one, piece, vector, label in zip(whole, pieces, vectors, labels.tolist(), strict=False):
        if one is piece and one.clean > 0:
            found.setdefault(str(label), []).append(Part(Span(one.start, one.end), vector, one.clean))
    return found


def _voices(pieces: Sequence[Piece], vectors: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """See :func:`pipeline.clustering.centroids_of`; pieces weigh by what is spoken alone in them."""
    return centroids_of(vectors, np.maximum([piece.clean for piece in pieces], 1e-3), labels)
